import { invalidRequest } from '../../errors.ts'
import { asArray, asObject, isObject, parseJson } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Sink, Stage } from '../../stream/sink.ts'
import type { SseEvent } from '../../stream/sse.ts'
import { isTexts } from './prompt.ts'

/** Most requests that one may become; OpenAI's own limit for `n`. */
const MOST_CHOICES = 128

/**
 * A request as one for each choice of its answer: the first prompt's `n`, then the second's, which is OpenAI's order of
 * `choices`. A seed is counted on, so that the choices of one prompt differ. A request for one choice is returned as it is.
 * @throws `invalid-request` when there would be more than 128
 */
export function splitPrompts(wire: JsonObject): readonly JsonObject[] {
  const { prompt, n, best_of, ...rest } = wire
  const prompts: readonly unknown[] = isTexts(prompt) && prompt.length > 0 ? prompt : [prompt]
  const copies = typeof n === 'number' && Number.isInteger(n) && n > 1 ? n : 1
  // Whether answers are to be ranked is for the decoder to refuse, once.
  if ((prompts.length === 1 && copies === 1) || (typeof best_of === 'number' && best_of !== copies))
    return [wire]
  if (prompts.length * copies > MOST_CHOICES)
    throw invalidRequest(`prompt and n: more than ${MOST_CHOICES} completions in one request`, 'n')
  const { seed } = rest
  return prompts.flatMap((one) =>
    Array.from({ length: copies }, (_, copy) => ({
      ...rest,
      prompt: one,
      ...(typeof seed === 'number' && { seed: seed + copy }),
    })),
  )
}

/** The answers to {@link splitPrompts}, in its order, as one: choices numbered through, usage summed. */
export function joinResponses(bodies: readonly JsonObject[]): JsonObject {
  const [first, ...others] = bodies
  if (first === undefined || others.length === 0) return first ?? {}
  const choices = bodies.flatMap(({ choices: own }) => asArray(own).filter(isObject))
  const usages = bodies.map(({ usage }) => usage).filter(isObject)
  return {
    ...first,
    choices: choices.map((choice, index) => ({ ...choice, index })),
    ...(usages.length > 0 && { usage: usages.reduce(sum) }),
  }
}

/** Counts added up, also those in details. */
function sum(a: JsonObject, b: JsonObject): JsonObject {
  const out: Record<string, unknown> = { ...a }
  for (const [key, value] of Object.entries(b)) {
    const known = out[key]
    if (typeof value === 'number') out[key] = value + (typeof known === 'number' ? known : 0)
    else if (isObject(value)) out[key] = sum(asObject(known), value)
  }
  return out
}

/** A stream of one choice as that of choice `index`. */
export function renumber(index: number): Stage<SseEvent, SseEvent> {
  return (out) => ({ write: (event) => out.write(numbered(event, index)), end: () => out.end() })
}

function numbered(event: SseEvent, index: number): SseEvent {
  const chunk = parseJson(event.data)
  if (!isObject(chunk) || !Array.isArray(chunk['choices']) || chunk['choices'].length === 0) return event
  const choices = chunk['choices'].map((choice) => ({ ...asObject(choice), index }))
  return { ...event, data: JSON.stringify({ ...chunk, choices }) }
}

/**
 * Joins the streams of several choices into one: `joinStreams(out, count)[i]` takes what the encoder writes for choice `i`.
 * Usage and `[DONE]` come once, after the last; the first error ends the whole stream, and the rest is ignored.
 */
export function joinStreams(out: Sink<SseEvent>, count: number): readonly Sink<SseEvent>[] {
  let open = count
  let failed = false
  let usageChunk: JsonObject | undefined
  const finish = (): void => {
    if (!failed) {
      if (usageChunk !== undefined) out.write({ data: JSON.stringify(usageChunk) })
      out.write({ data: '[DONE]' })
    }
    out.end()
  }
  return Array.from({ length: count }, (_, index) =>
    renumber(index)({
      write(event) {
        if (failed || event.data === '[DONE]') return
        const chunk = event.data.includes('"choices":[{') ? undefined : parseJson(event.data)
        if (isObject(chunk) && isObject(chunk['usage'])) {
          const known = asObject(usageChunk?.['usage'])
          usageChunk = { ...chunk, usage: sum(known, chunk['usage']) }
          return
        }
        out.write(event)
        failed = isObject(chunk) && chunk['error'] !== undefined
      },
      end() {
        open--
        if (open === 0) finish()
      },
    }),
  )
}
