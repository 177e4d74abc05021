import { isAscii, isUtf8 } from 'node:buffer'
import { isObject, parseJson, type JsonObject } from '../ir/json.ts'

/** Smaller bodies are read whole in no time. Bytes. */
const LARGE_BODY = 16 * 1024
/** A shorter text stands in the outline whole. Bytes, as it is written in JSON. */
const LONG_TEXT = 512
/** How much of a long text's beginning and end stays in the outline, at least. Bytes. */
const SHOWN = 64

/** How much of a body is searched at a time: longer strings are slow to come by, larger texts stay whole. Bytes. */
const WINDOW = 64 * 1024
const LARGEST_WINDOW = 1024 * 1024
/** An escape like \u001b, behind which a look ends. Bytes. */
const LONGEST_ESCAPE = 6
/** The longest beginning of a field that is found if the window ends within it. Bytes. */
const LONGEST_FIELD = 64

/** The fields in which the protocols carry what people, programs and models have written. */
const LONG_FIELD = /"(text|content|output|description|instructions|system)"[ \n\r\t]*:[ \n\r\t]*"/g
/** The inside of a JSON string as JSON.stringify would write it: what is spelled otherwise is parsed like the rest. */
const PLAINLY_WRITTEN =
  // oxlint-disable-next-line no-control-regex
  /[^"\\\x00-\x1f]*(?:\\(?:["\\bfnrt]|u00(?:0[0-7be]|1[0-9a-f]))[^"\\\x00-\x1f]*)*/y
/** Something that is no white space, as JSON and as what the JSON stands for. */
const VISIBLE = /[^\\][!#-/:-@G-[\]-`g-~]/
/** What the gateway looks for in such a text beyond its beginning and end; a text that may hold it stays whole. */
const LOOKED_FOR: { readonly [field: string]: RegExp } = {
  text: /^x-anthropic-/,
  content: /^x-anthropic-/,
  system: /^x-anthropic-/,
  description: /e\.g\.(?:[^a-z\d]|\\[a-z])*["'`]/i,
}
/** How many different middles of one length and one beginning are told apart; further ones stay in their texts. */
const MOST_ALIKE = 16
const BACKSLASH = 0x5c

/**
 * A large request without the middles of its long texts. What the gateway needs to know of a coding agent's request is a
 * fraction of its bytes; the rest is only handed on. In the outline a short stand-in takes the place of a text's middle;
 * beginning and end stay, so that who looks for a prefix, for white space or for nothing at all finds what is there.
 * JSON that is made from the outline gets the middles back as the very bytes that the client sent: they are neither
 * decoded nor parsed nor written.
 *
 * Why that gives the same bytes as reading the whole: a middle is taken only where JSON.stringify would write it just
 * so. The cuts are made at spaces, which belong to no escape and to no longer UTF-8 sequence. Equal middles have equal
 * stand-ins, so that equal texts stay equal and others do not become so. And where a tool's input became JSON within a
 * string, the stand-in's backslashes tell how often its middle is to be escaped.
 *
 * Nobody can write a stand-in into a request or an answer, because it holds a word made up for this request.
 *
 * Who must see a text whole (for a hash, an estimate, an echo to the client) reads the whole request instead.
 */
export class Outline {
  /** The outline as JSON text, spelled as the client spelled it. */
  readonly json: string
  /** The same, parsed. */
  readonly wire: JsonObject
  readonly #middles: Middles

  private constructor(json: string, wire: JsonObject, middles: Middles) {
    this.json = json
    this.wire = wire
    this.#middles = middles
  }

  /**
   * The outline of a body; undefined where that must be read whole: a small one, an odd one, one that is to be refused.
   *
   * @param word letters and digits that stand nowhere else
   */
  static of(body: Buffer, newWord: () => string): Outline | undefined {
    if (body.length < LARGE_BODY || !isUtf8(body)) return undefined
    const middles = new Middles(body, newWord())
    const json = withoutMiddles(body, middles)
    const wire = parseJson(json)
    return isObject(wire) ? new Outline(json, wire, middles) : undefined
  }

  /** True when the request holds these characters outside the middles. */
  mentions(words: string): boolean {
    return this.json.includes(words)
  }

  /** A text of the outline, or JSON that was made from it, with the middles. */
  whole(text: string): string {
    const { word } = this.#middles
    if (!text.includes(word)) return text
    if (text.includes(`u0000${word}`)) return this.fill(text).toString('utf8')
    return JSON.parse(this.fill(JSON.stringify(text)).toString('utf8')) as string
  }

  /** JSON that was made from the outline, with the middles of its texts. */
  fill(json: string): Buffer {
    const mark = `u0000${this.#middles.word}.`
    const pieces: Buffer[] = []
    let from = 0
    for (let at = json.indexOf(mark); at >= 0; at = json.indexOf(mark, from)) {
      let start = at
      while (json.charCodeAt(start - 1) === BACKSLASH) start--
      const end = json.indexOf('.', at + mark.length)
      const index = Number(json.slice(at + mark.length, end))
      pieces.push(Buffer.from(json.slice(from, start)), this.#middles.bytes(index, at - start))
      from = end + 1
    }
    pieces.push(Buffer.from(json.slice(from)))
    return Buffer.concat(pieces)
  }
}

/** The middles that were taken out of a body, by the numbers of their stand-ins. */
class Middles {
  readonly word: string
  readonly #body: Buffer
  readonly #all: Buffer[] = []
  /** Those that may be equal: by length and beginning. */
  readonly #alike = new Map<string, number[]>()

  constructor(body: Buffer, word: string) {
    this.#body = body
    this.word = word
  }

  /**
   * Takes a middle out; what stands for it in JSON is the same for equal ones. Undefined when so many like it were taken
   * that telling them apart would take long.
   */
  take({ start, end }: Span): string | undefined {
    const bytes = this.#body.subarray(start, end)
    const look = `${bytes.length} ${bytes.toString('latin1', 0, SHOWN)}`
    const alike = this.#alike.get(look) ?? []
    let index = alike.find((known) => this.#all[known]?.equals(bytes))
    if (index === undefined) {
      if (alike.length === MOST_ALIKE) return undefined
      index = this.#all.push(bytes) - 1
      this.#alike.set(look, [...alike, index])
    }
    return `\\u0000${this.word}.${index}.`
  }

  /** A middle behind so many backslashes: one in JSON, two in JSON within a string of JSON, four in JSON within that. */
  bytes(index: number, backslashes: number): Buffer {
    const bytes = this.#at(index)
    if (backslashes === 1) return bytes
    // Read as Latin1 all bytes beyond ASCII stay what they are; escaping concerns none of them.
    let text = bytes.toString('latin1')
    for (let left = backslashes; left > 1; left /= 2) text = JSON.stringify(text).slice(1, -1)
    return Buffer.from(text, 'latin1')
  }

  #at(index: number): Buffer {
    const bytes = this.#all[index]
    if (bytes === undefined) throw new Error(`there is no stand-in ${index}`)
    return bytes
  }
}

/** The outline's JSON. */
function withoutMiddles(body: Buffer, middles: Middles): string {
  const pieces: string[] = []
  let from = 0
  for (const middle of cutsIn(body)) {
    const standIn = middles.take(middle)
    if (standIn === undefined) continue
    pieces.push(body.toString('latin1', from, middle.start), standIn)
    from = middle.end
  }
  pieces.push(body.toString('latin1', from))
  const bytes = Buffer.from(pieces.join(''), 'latin1')
  return isAscii(bytes) ? bytes.toString('latin1') : bytes.toString('utf8')
}

/** Where something stands: its first byte and one past its last. */
type Span = { readonly start: number; readonly end: number }

/**
 * The middles that may be taken out of a JSON text. It is read in windows, from the beginning of any byte: what looks
 * like a field and its opening quote is one in valid JSON, also to who does not know what came before, because a quote
 * inside a string follows a backslash.
 */
function cutsIn(body: Buffer): readonly Span[] {
  const cuts: Span[] = []
  let size = WINDOW
  for (let from = 0; from < body.length;) {
    const window = body.toString('latin1', from, Math.min(from + size, body.length))
    const isLast = from + window.length === body.length
    let settled = isLast ? window.length : window.length - LONGEST_FIELD
    let next = WINDOW
    LONG_FIELD.lastIndex = 0
    for (let found = LONG_FIELD.exec(window); found !== null; found = LONG_FIELD.exec(window)) {
      const text = { start: LONG_FIELD.lastIndex, end: endOfText(window, LONG_FIELD.lastIndex) }
      LONG_FIELD.lastIndex = text.end
      if (text.end > window.length - LONGEST_ESCAPE && !isLast && window.length < LARGEST_WINDOW) {
        // The text goes on behind the window: it is looked at again from its field on.
        settled = found.index
        if (settled === 0) next = window.length * 2
        break
      }
      const middle = middleOf(window, text, found[1] ?? '')
      if (middle !== undefined) cuts.push({ start: from + middle.start, end: from + middle.end })
      settled = Math.max(settled, text.end)
    }
    from += settled
    size = next
  }
  return cuts
}

/** Where the text ends that begins at `start`, or where it stops being plainly written. */
function endOfText(json: string, start: number): number {
  PLAINLY_WRITTEN.lastIndex = start
  PLAINLY_WRITTEN.test(json)
  return PLAINLY_WRITTEN.lastIndex
}

/** What of a text may be taken out; undefined when it is short, or must be seen whole. */
function middleOf(json: string, { start, end }: Span, field: string): Span | undefined {
  if (end - start < LONG_TEXT) return undefined
  const first = json.indexOf(' ', start + SHOWN) + 1
  const last = json.lastIndexOf(' ', end - SHOWN)
  if (first === 0 || last - first < LONG_TEXT / 2) return undefined
  if (!VISIBLE.test(json.slice(start, first)) || !VISIBLE.test(json.slice(last, end))) return undefined
  return LOOKED_FOR[field]?.test(json.slice(start, end)) ? undefined : { start: first, end: last }
}
