import { Losses } from '../../ir/dropped.ts'
import type { Encoded } from '../../ir/dropped.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Part } from '../../ir/part.ts'
import type { ModelRequest } from '../../ir/request.ts'
import type { Finish, ModelResponse } from '../../ir/response.ts'
import { filterVerdicts } from '../content-filter.ts'
import type { ReplyContext } from '../protocol.ts'
import { answerText } from './answer-text.ts'
import { reportForeign } from './extensions.ts'
import { encodeFinish } from './finish.ts'
import { encodeUsage } from './usage.ts'
import type { CompletionChoice } from './wire.ts'

/** A whole answer for a client, under the name that it asked for: texts, and nothing else. */
export function encodeResponse(response: ModelResponse, context: ReplyContext): Encoded<JsonObject> {
  const losses = new Losses()
  reportForeign('', response.ext, losses)
  const { parts, finish, usage, alternatives = [] } = response
  const choices = [{ parts, finish }, ...alternatives]
  const echoed = echoOf(context.request)
  const body = {
    id: `cmpl-${context.id}`,
    object: 'text_completion',
    created: context.created,
    model: context.request.model,
    choices: choices.map((choice, index) => encodeChoice(choice, index, echoed, losses)),
    ...(usage !== undefined && { usage: encodeUsage(usage) }),
    ...response.ext?.completions,
  }
  for (const loss of losses.list) context.onDropped?.(loss)
  return { body, dropped: losses.list }
}

function encodeChoice(
  { parts, finish }: { readonly parts: readonly Part[]; readonly finish: Finish },
  index: number,
  echoed: string,
  losses: Losses,
): CompletionChoice {
  const texts = parts.map((part, at) => answerText(part, `choices[${index}].content[${at}]`, losses))
  const text = texts.join('')
  return {
    text: echoed + text,
    index,
    logprobs: null,
    ...filterVerdicts(finish),
    finish_reason: encodeFinish(finish, text !== '', losses),
  }
}

/** The prompt, where the client wants it back before its completion. */
export function echoOf({ echo, turns }: ModelRequest): string {
  if (echo !== true) return ''
  return turns.flatMap(({ parts }) => parts.map((part) => (part.kind === 'text' ? part.text : ''))).join('')
}
