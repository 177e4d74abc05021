import { asArray, asNumber, asObject, asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { deltaShape } from '../../stream/delta-template.ts'
import { KNOWN, KNOWN_CHOICE, KNOWN_DELTA } from './known-fields.ts'
import { usageIn } from './usage.ts'

/** What a chunk says that says one thing only. */
export type Delta = { readonly kind: 'content' | 'reasoning' | 'arguments'; readonly piece: string }

/**
 * The one thing that a chunk says; undefined where there is more to it: an ending, usage, a second choice, a new call, or
 * lists, which grow with each chunk. What it has besides is known by then, and says nothing new when it comes again.
 */
export function deltaOf(wire: JsonObject): Delta | undefined {
  const choice = asArray(wire['choices'])[0]
  if (!isObject(choice) || asArray(wire['choices']).length > 1 || !isQuiet(wire, choice)) return undefined
  const delta = asObject(choice['delta'])
  if (grows(delta, KNOWN_DELTA) || NOT_PLAIN.some((name) => !isNothing(delta[name]))) return undefined
  const { content, reasoning_content, reasoning, tool_calls } = delta
  const said: Delta[] = []
  if (!isNothing(content)) said.push({ kind: 'content', piece: asString(content) ?? '' })
  for (const thought of [reasoning_content, reasoning])
    if (!isNothing(thought)) said.push({ kind: 'reasoning', piece: asString(thought) ?? '' })
  if (!isNothing(tool_calls)) said.push({ kind: 'arguments', piece: argumentsIn(tool_calls) })
  const [only] = said
  return only === undefined || only.piece === '' || said.length > 1 ? undefined : only
}

/** Chunks that differ in their piece, and in the padding by which OpenAI hides its length. */
export const DELTAS = deltaShape(
  ['content', 'reasoning_content', 'reasoning', 'arguments'],
  ['obfuscation'],
  (wire) => deltaOf(wire)?.piece,
)

/** Members of a delta that make it more than a piece. */
const NOT_PLAIN = ['refusal', 'function_call', 'reasoning_details', 'annotations', 'images', 'audio']

/** True when all is still going on, and nothing around the delta adds up. */
function isQuiet(wire: JsonObject, choice: JsonObject): boolean {
  return (
    isNothing(wire['error']) &&
    usageIn(wire) === undefined &&
    !grows(wire, KNOWN) &&
    (asNumber(choice['index']) ?? 0) <= 0 &&
    !grows(choice, KNOWN_CHOICE) &&
    isNothing(choice['logprobs']) &&
    isNothing(choice['finish_reason'])
  )
}

/** True for an object with an unknown list: it is gathered from chunk to chunk. */
function grows(object: JsonObject, known: ReadonlySet<string>): boolean {
  for (const key in object) if (!known.has(key) && Array.isArray(object[key])) return true
  return false
}

const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)

/** The arguments of the one call that goes on. */
function argumentsIn(calls: unknown): string {
  const [call, ...others] = asArray(calls)
  if (!isObject(call) || others.length > 0) return ''
  const { index: _, id: __, type: ___, function: called, ...more } = call
  const { arguments: input, name, ...unknown } = asObject(called)
  const isPlain = isNothing(name) && Object.keys(more).length + Object.keys(unknown).length === 0
  return isPlain ? (asString(input) ?? '') : ''
}
