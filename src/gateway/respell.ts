import { isObject, type JsonObject } from '../ir/json.ts'
import { endOfValue, skipSpace, stringEnd } from './splice.ts'

/** Where a value stands in the original text: byte offsets of its first byte and one past its last. */
type Span = readonly [start: number, end: number]

/** A block of a message: deeper inside hardly anything is ever changed by itself. */
const DEEPEST = 4

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
  locate({ json, spans, members }, original, skipSpace(json, 0), DEEPEST)
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

const QUOTE = 0x22
const OPEN_LIST = 0x5b
const OPEN_OBJECT = 0x7b
const COMMA = 0x2c

type Places = {
  readonly json: Buffer
  readonly spans: Map<object, Span>
  /** The members of the outermost object, primitive ones too. */
  readonly members: Map<string, Span>
}

/**
 * Notes where a value and the objects and lists in it stand, in one pass over the text; returns one past its last
 * byte. Of a member that stands twice the last counts, as in parsing.
 */
function locate(places: Places, value: unknown, start: number, depth: number): number {
  const { json, spans } = places
  const open = Array.isArray(value) ? OPEN_LIST : isObject(value) ? OPEN_OBJECT : undefined
  if (open === undefined || json[start] !== open) return endOfValue(json, start)
  const end = depth === 0 ? endOfValue(json, start) : locateInside(places, value as object, start, depth)
  spans.set(value as object, [start, end])
  return end
}

function locateInside(places: Places, value: object, start: number, depth: number): number {
  const { json, members } = places
  const isList = Array.isArray(value)
  let at = skipSpace(json, start + 1)
  for (let index = 0; at < json.length && (isList ? json[at] !== 0x5d : json[at] === QUOTE); index++) {
    let key: string | number = index
    if (!isList) {
      const keyEnd = stringEnd(json, at)
      key = JSON.parse(json.toString('utf8', at, keyEnd)) as string
      at = skipSpace(json, skipSpace(json, keyEnd) + 1)
    }
    const end = locate(places, (value as Record<string | number, unknown>)[key], at, depth - 1)
    if (depth === DEEPEST) members.set(String(key), [at, end])
    at = skipSpace(json, end)
    if (json[at] === COMMA) at = skipSpace(json, at + 1)
  }
  return at + 1
}
