import { asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Part, ToolCallPart } from '../../ir/part.ts'
import { keepUnknown } from './extensions.ts'
import { camelFields } from './fields.ts'
import { decodeMedia } from './media.ts'
import { decodeServerTool } from './server-tools.ts'
import { SKIP_SIGNATURE } from './wire.ts'

/** A part that arrives whole and carries no signature of its own to be told apart: media, tool runs, novelties. */
export function decodeWhole(wire: JsonObject, id: string): Part {
  // Drafts of an image that the model makes while it thinks are no part of the answer.
  const media = wire['thought'] === true ? undefined : decodeMedia(wire)
  return media ?? decodeServerTool(wire, id) ?? { kind: 'opaque', origin: 'gemini', value: wire }
}

/** `functionCall` as a call; `id` stands in for one not given. */
export function decodeCall(wire: JsonObject, id: string): ToolCallPart {
  const { functionCall, thoughtSignature: _, ...rest } = wire
  const { name, args, id: own, ...call } = camelFields(functionCall)
  return {
    kind: 'tool-call',
    id: asString(own) ?? id,
    name: asString(name) ?? '',
    input: isObject(args) ? JSON.stringify(args) : '{}',
    ...keepUnknown({ ...rest, ...(Object.keys(call).length > 0 && { functionCall: call }) }),
  }
}

/** The signature on a part; the placeholder for a lost one is none. */
export function signatureOf(wire: JsonObject): string | undefined {
  const signature = asString(wire['thoughtSignature'])
  return signature === '' || signature === SKIP_SIGNATURE ? undefined : signature
}
