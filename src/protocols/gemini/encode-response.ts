import { Losses } from '../../ir/dropped.ts'
import type { Encoded } from '../../ir/dropped.ts'
import { asObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Part } from '../../ir/part.ts'
import type { Finish, ModelResponse } from '../../ir/response.ts'
import type { ReplyContext } from '../protocol.ts'
import { encodeAnswer } from './encode-answer.ts'
import { ownFields, reportForeign } from './extensions.ts'
import { encodeFinish } from './finish.ts'
import { groundingOf } from './server-tools.ts'
import { encodeUsage } from './usage.ts'

/** A whole answer for a client. It names the model that the client asked for, whoever answered. */
export function encodeResponse(response: ModelResponse, context: ReplyContext): Encoded<JsonObject> {
  const losses = new Losses()
  reportForeign('', response.ext, losses)
  const { parts, finish, usage, alternatives = [] } = response
  const { candidate, ...own } = ownFields(response.ext)
  const body = {
    candidates: [
      { ...encodeCandidate(parts, finish, 0, losses), ...asObject(candidate) },
      ...alternatives.map((other, index) => encodeCandidate(other.parts, other.finish, index + 1, losses)),
    ],
    ...(usage !== undefined && { usageMetadata: encodeUsage(usage) }),
    modelVersion: context.request.model,
    responseId: context.id,
    ...own,
  }
  for (const loss of losses.list) context.onDropped?.(loss)
  return { body, dropped: losses.list }
}

function encodeCandidate(parts: readonly Part[], finish: Finish, index: number, losses: Losses): JsonObject {
  const context = { losses, callIds: true, towards: 'client' } as const
  const encoded = encodeAnswer(parts, `candidates[${index}].content.parts`, context)
  return {
    ...(encoded.length > 0 && { content: { role: 'model', parts: encoded } }),
    finishReason: encodeFinish(finish, losses),
    index,
    ...groundingIn(parts),
  }
}

/** What a search of Google's found stands beside the answer's parts. */
export function groundingIn(parts: readonly Part[]): JsonObject {
  const found = parts.flatMap((part) => (part.kind === 'server-tool' ? (groundingOf(part) ?? []) : []))
  const metadata: JsonObject = Object.assign({}, ...found)
  return Object.keys(metadata).length === 0 ? {} : { groundingMetadata: metadata }
}
