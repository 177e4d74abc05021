import { asObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Composed } from '../compose.ts'
import { fragments, words } from '../pieces.ts'
import type { Call, FrameOptions } from '../surface.ts'
import { annotations, callBody, callId, choiceCount, finishReason, head, usage } from './answer.ts'
import { customInput, customTools } from './ask.ts'
import { chunkFilter, promptFilterResults } from './filters.ts'

/** The chunks of a streamed chat completion. */
export function* chunks(call: Call, composed: Composed, options: FrameOptions): Generator<JsonObject> {
  const azure = call.request.surface === 'azure-chat'
  const wantsUsage = asObject(call.body.stream_options).include_usage === true
  const base = { ...head(call, 'chat.completion.chunk'), ...(wantsUsage && { usage: null }) }
  const choice = (index: number, delta: JsonObject, finish: string | null = null): JsonObject => ({
    ...base,
    choices: [
      {
        index,
        delta,
        logprobs: null,
        finish_reason: finish,
        ...(azure && {
          content_filter_results: chunkFilter(delta, finish === null ? null : composed.finish),
        }),
      },
    ],
  })
  if (azure) {
    yield {
      id: '',
      object: '',
      created: 0,
      model: '',
      choices: [],
      prompt_filter_results: promptFilterResults,
    }
  }
  const count = choiceCount(call)
  for (let index = 0; index < count; index += 1) {
    const [first, ...rest] = deltas(call, composed, index, options)
    const speaks = composed.parts.some((part) => part.kind === 'text')
    const role = { role: 'assistant', content: speaks ? '' : null, refusal: null }
    // A call that comes first shares the chunk with the role; anything else follows it.
    const joint = first !== undefined && 'tool_calls' in first
    yield choice(index, joint ? { ...role, ...first } : role)
    if (first !== undefined && !joint) yield choice(index, first)
    for (const delta of rest) yield choice(index, delta)
    yield choice(index, {}, finishReason(composed))
  }
  if (wantsUsage) yield { ...base, choices: [], usage: usage(composed, count) }
}

function* deltas(
  call: Call,
  composed: Composed,
  choice: number,
  options: FrameOptions,
): Generator<JsonObject> {
  const custom = customTools(call.body)
  const calls: JsonObject[][] = []
  for (const part of composed.parts) {
    switch (part.kind) {
      case 'text':
        for (const content of words(part.text)) yield { content }
        break
      case 'refusal':
        for (const refusal of words(part.text)) yield { refusal }
        break
      case 'thinking':
        if (call.request.surface !== 'compatible-chat') break
        for (const reasoning of words(part.text)) yield { reasoning_content: reasoning }
        break
      case 'redacted-thinking':
      case 'web-search':
        break
      case 'tool-call': {
        const index = calls.length
        const id = callId(call, part, choice, index)
        const isCustom = custom.has(part.name)
        calls.push([
          { index, id, ...callBody(part, custom, '') },
          ...fragments(isCustom ? customInput(part.input) : part.input).map((piece) =>
            isCustom ? { index, custom: { input: piece } } : { index, function: { arguments: piece } },
          ),
        ])
        break
      }
      default:
        part satisfies never
    }
  }
  const cited = annotations(composed)
  if (cited.length > 0) yield { annotations: cited }
  const ordered = options.toolCalls === 'interleaved' ? alternate(calls) : calls.flat()
  for (const piece of ordered) yield { tool_calls: [piece] }
}

/** One of each in turn, until all are used up. */
function alternate<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...lists.map((list) => list.length))
  return Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list.slice(at, at + 1))).flat()
}
