import { byteText, fromByteText } from './byte-text.ts'
import { isObject, parseJson, type JsonObject } from '../ir/json.ts'
import type { SseEvent } from './sse.ts'

/** How a protocol's deltas look: the events that say one piece of text and nothing else. */
export type DeltaShape = {
  /** The piece of a delta; undefined for an event that says anything else, or something beside it. */
  readonly pieceIn: (wire: JsonObject) => string | undefined
  /** Finds the places in an event's JSON where a piece may begin. */
  readonly places: RegExp
  /** Members of the event itself that its decoder never looks at, though they change from event to event. */
  readonly padding: readonly string[]
}

/** @param members the names under which pieces stand, wherever in the event that is */
export function deltaShape(
  members: readonly string[],
  padding: readonly string[],
  pieceIn: DeltaShape['pieceIn'],
): DeltaShape {
  return { pieceIn, padding, places: new RegExp(`"(?:${members.join('|')})"\\s*:\\s*"`, 'g') }
}

/** A part of an event that changes, and the text before it, back to the last such part. */
type Hole = { readonly before: string; readonly kind: 'piece' | 'string' | 'digits' }

/** Where a hole is in an event's JSON; the quotes of a string stand outside. */
type Range = { readonly from: number; readonly to: number; readonly kind: Hole['kind'] }

/**
 * A frame of which all is known but its piece of text, and padding.
 *
 * That a template says what its frames say is not guessed but tried: in the JSON of an event that was read in full one
 * string is replaced by a mark, the whole is parsed again, and only when the mark arrives in the place of the piece is
 * that string the hole. JSON being what it is, any other string there arrives in the same place and changes
 * nothing else. So a frame that has the same bytes around a sound string means that very event with another piece.
 */
export class DeltaTemplate {
  /** One past the frame that was read last. */
  end = 0
  readonly #holes: readonly Hole[]
  readonly #after: string

  private constructor(holes: readonly Hole[], after: string) {
    this.#holes = holes
    this.#after = after
  }

  /** The template of an event like this one; undefined where it is no delta. `wire` is its parsed JSON. */
  static of({ event, data }: SseEvent, wire: JsonObject, shape: DeltaShape): DeltaTemplate | undefined {
    const piece = shape.pieceIn(wire)
    // A line end in the data is one between two lines of it on the wire.
    if (piece === undefined || piece === MARK || /[\n\r]/.test(data)) return undefined
    const place = placeOf(data, shape)
    if (place === undefined) return undefined
    const ranges = [place, ...shape.padding.flatMap((name) => paddingIn(data, wire, name) ?? [])]
    ranges.sort((a, b) => a.from - b.from)
    const name = event === undefined ? '' : `event: ${event}\n`
    let before = `${name}data: `
    let at = 0
    const holes = ranges.map(({ from, to, kind }): Hole => {
      const hole = { before: byteText(before + data.slice(at, from)), kind }
      before = ''
      at = to
      return hole
    })
    return new DeltaTemplate(holes, byteText(`${data.slice(at)}\n\n`))
  }

  /** The piece in the frame that begins at `start` of bytes as text; undefined when that is another frame, or not all there. */
  read(text: string, start: number): string | undefined {
    let at = start
    let piece: string | undefined
    for (const { before, kind } of this.#holes) {
      if (!standsAt(text, at, before)) return undefined
      at += before.length
      if (kind === 'piece') {
        const end = stringEnd(text, at)
        if (end < 0) return undefined
        piece = decoded(text.slice(at, end))
        if (piece === undefined) return undefined
        at = end
      } else {
        at = kind === 'string' ? plainEnd(text, at) : digitsEnd(text, at)
        if (at < 0) return undefined
      }
    }
    if (!standsAt(text, at, this.#after)) return undefined
    this.end = at + this.#after.length
    return piece
  }
}

/** Stands in for a piece when a template is tried. */
const MARK = 'the place of a piece'
const NUMBER_MARK = 4_815_162_342

function placeOf(data: string, { places, pieceIn }: DeltaShape): Range | undefined {
  for (const { index, 0: opening } of data.matchAll(places)) {
    const from = index + opening.length
    const to = stringEnd(data, from)
    if (to < 0) continue
    const tried = parseJson(data.slice(0, from) + MARK + data.slice(to))
    if (isObject(tried) && pieceIn(tried) === MARK) return { from, to, kind: 'piece' }
  }
  return undefined
}

/** Where the padding of this name is, tried in the same way; undefined where there is none. */
function paddingIn(data: string, wire: JsonObject, name: string): Range | undefined {
  const value = wire[name]
  const kind = typeof value === 'string' ? 'string' : 'digits'
  if ((kind === 'digits' && typeof value !== 'number') || value === MARK || value === NUMBER_MARK)
    return undefined
  const opening = new RegExp(`"${name}"\\s*:\\s*${kind === 'string' ? '"' : ''}`).exec(data)
  if (opening === null) return undefined
  const from = opening.index + opening[0].length
  const to = kind === 'string' ? plainEnd(data, from) : digitsEnd(data, from)
  if (to < 0) return undefined
  const mark = kind === 'string' ? MARK : NUMBER_MARK
  const tried = parseJson(data.slice(0, from) + mark + data.slice(to))
  return isObject(tried) && tried[name] === mark ? { from, to, kind } : undefined
}

/** A cut and a comparison: twice as fast as `startsWith`. */
function standsAt(text: string, at: number, expected: string): boolean {
  return text.slice(at, at + expected.length) === expected
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const SPACE = 0x20
const ZERO = 0x30
const NINE = 0x39

/** Where the string that began before `at` has its closing quote; -1 where JSON would not have it. */
function stringEnd(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at
    if (code < SPACE) return -1
    if (code === BACKSLASH) at++
  }
  return -1
}

/** The same for a string without escapes. */
function plainEnd(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at
    if (code < SPACE || code === BACKSLASH) return -1
  }
  return -1
}

/** One past a whole number as JSON has it, short enough to be exact; -1 for anything else. */
function digitsEnd(text: string, start: number): number {
  let end = start
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end)
    if (code < ZERO || code > NINE) break
  }
  const length = end - start
  return length === 0 || length > 15 || (length > 1 && text.charCodeAt(start) === ZERO) ? -1 : end
}

/** The text of a string's bytes; undefined where an escape is not JSON's. */
function decoded(bytes: string): string | undefined {
  if (!NOT_VERBATIM.test(bytes)) return bytes
  const raw = fromByteText(bytes)
  return raw.includes('\\') ? (parseJson(`"${raw}"`) as string | undefined) : raw
}

/** An escape, or a byte of a letter beyond ASCII. */
const NOT_VERBATIM = /[\\\u0080-\u00ff]/
