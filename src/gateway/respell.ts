import { isObject, type JsonObject } from '../ir/json.ts'
import { elements, topLevelMembers } from './splice.ts'

/** Where a value stands in the original text: byte offsets of its first byte and one past its last. */
type Span = readonly [start: number, end: number]

/** Deeper than a block of a message or the schema of a tool nothing is ever changed by itself. */
const DEEPEST = 5

/**
 * The text of a changed object, made from the original's own bytes wherever a value is still the same: parsing and
 * writing again would reorder integer-like keys and round large numbers. What was changed is a copy; what was not is
 * found by identity, also in another place.
 *
 * @param json the text that `original` was parsed from
 */
export function respell(json: Buffer, original: JsonObject, changed: JsonObject): Buffer {
  const spans = new Map<object, Span>()
  const members = new Map<string, Span>()
  for (const { key, valueStart, valueEnd } of topLevelMembers(json)) {
    members.set(key, [valueStart, valueEnd])
    locate(json, original[key], [valueStart, valueEnd], spans, DEEPEST)
  }
  const pieces: Buffer[] = []
  const write = (text: string) => void pieces.push(Buffer.from(text, 'utf8'))
  const copy = ([start, end]: Span) => void pieces.push(json.subarray(start, end))
  const spell = (value: unknown): void => {
    const span = typeof value === 'object' && value !== null ? spans.get(value) : undefined
    if (span !== undefined) copy(span)
    else if (Array.isArray(value)) {
      write('[')
      for (const [index, item] of value.entries()) {
        if (index > 0) write(',')
        spell(item)
      }
      write(']')
    } else if (isObject(value)) spellObject(value)
    else write(JSON.stringify(value ?? null))
  }
  const spellObject = (value: JsonObject, known?: ReadonlyMap<string, Span>): void => {
    let separator = '{'
    for (const [key, member] of Object.entries(value)) {
      if (member === undefined) continue
      write(`${separator}${JSON.stringify(key)}:`)
      separator = ','
      const span = known !== undefined && original[key] === member ? known.get(key) : undefined
      if (span === undefined) spell(member)
      else copy(span)
    }
    write(separator === '{' ? '{}' : '}')
  }
  spellObject(changed, members)
  return Buffer.concat(pieces)
}

/** Notes where an object or list and those inside it stand. Of a key that stands twice the last counts, as in parsing. */
function locate(
  json: Buffer,
  value: unknown,
  [start, end]: Span,
  spans: Map<object, Span>,
  depth: number,
): void {
  if (typeof value !== 'object' || value === null) return
  const text = json.subarray(start, end)
  if (Array.isArray(value) ? text[0] !== 0x5b : text[0] !== 0x7b) return
  spans.set(value, [start, end])
  if (depth === 0) return
  if (Array.isArray(value)) {
    for (const [index, [from, to]] of elements(text).entries())
      locate(json, value[index], [start + from, start + to], spans, depth - 1)
    return
  }
  for (const { key, valueStart, valueEnd } of topLevelMembers(text))
    locate(json, (value as JsonObject)[key], [start + valueStart, start + valueEnd], spans, depth - 1)
}
