import type { MediaPart, Part } from '../ir/part.ts'
import type { ModelRequest, Tool } from '../ir/request.ts'
import { imageSize } from './image-size.ts'
import { pdfPages } from './pdf-pages.ts'
import { imageTokens, tokenRatesOf, type TokenRates } from './token-rates.ts'

/** What a message and a tool cost beside their text. Tokens. */
const PER_TURN = 4
const PER_TOOL = 8
/** A picture whose size nobody says: what clients send is about as large as the vendors take. Pixels. */
const USUAL_IMAGE = { width: 1024, height: 1024 }
const BYTES_PER_PAGE = 60_000
/** Base64 text of a second of speech, roughly; audio is billed by time. */
const AUDIO_CHARS_PER_TOKEN = 800
/** Text that is no words: seals, encrypted search results, files. The vendors count what is in it, not its letters. */
const SEALED_AT_LEAST = 400
const NOT_SEALED = /[^A-Za-z0-9+/_=-]/
const SEALED_CHARS_PER_TOKEN = 6

/**
 * How many tokens a request is, estimated without a tokenizer: one pass over its characters, so that no input can
 * make it slow. System, messages, tool calls and results, tool declarations, images and documents all count, by the
 * rates of the model that is to read them.
 *
 * @param whole gives a text that the request holds in short
 */
export function estimateTokens(
  request: ModelRequest,
  rates: TokenRates = tokenRatesOf(''),
  whole: (text: string) => string = (text) => text,
): number {
  const countText = (text: string): number => textTokens(whole(text))
  let texts = 0
  let files = 0
  const count = (part: Part): void => {
    if (part.kind === 'tool-result') {
      texts += PER_TOOL
      part.content.forEach(count)
    } else if (part.kind !== 'media') texts += partTokens(part, countText)
    else if (part.source.type === 'text') texts += countText(part.source.text)
    else if (part.source.type === 'parts') part.source.parts.forEach(count)
    else files += mediaTokens(part, rates)
  }
  for (const turn of request.turns) {
    texts += PER_TURN
    turn.parts.forEach(count)
  }
  const { tools, output } = request
  for (const tool of tools) texts += PER_TOOL + toolTokens(tool, rates, countText)
  if (tools.length > 0) files += rates.tools
  if (output?.type === 'schema') texts += jsonTokens(output.schema, countText)
  return Math.ceil(texts * rates.text) + files
}

type CountText = (text: string) => number

/** Vendors write declarations out in a form of their own, some more tersely than JSON. */
function toolTokens(tool: Tool, rates: TokenRates, countText: CountText): number {
  if (tool.kind === 'web-search' || tool.kind === 'server') return jsonTokens(tool.value, countText)
  const shape = tool.kind === 'function' ? tool.schema : tool.format
  const told = countText(tool.name) + countText(tool.description ?? '')
  return told + Math.ceil(shape === undefined ? 0 : jsonTokens(shape, countText) * rates.schema)
}

function partTokens(part: Exclude<Part, { kind: 'media' | 'tool-result' }>, countText: CountText): number {
  switch (part.kind) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return countText(part.text)
    case 'tool-call':
      return PER_TOOL + countText(part.name) + countText(part.input)
    case 'tool-reference':
      return countText(part.name)
    case 'server-tool':
    case 'opaque':
      return jsonTokens(part.value, countText)
    default:
      part satisfies never
      return 0
  }
}

function mediaTokens({ media, source, detail }: MediaPart, rates: TokenRates): number {
  const data = source.type === 'base64' ? source.data : ''
  if (media === 'image') return imageTokens(rates.image, imageSize(data) ?? USUAL_IMAGE, detail)
  if (media === 'audio' || media === 'video') return Math.ceil(data.length / AUDIO_CHARS_PER_TOKEN)
  const bySize = Math.ceil((data.length * 0.75) / BYTES_PER_PAGE)
  return Math.max(1, pdfPages(data) ?? bySize) * rates.page
}

/** A search for what does not belong: a pattern for all of a text overflows the stack from some megabytes on. */
const isSealed = (text: string): boolean => text.length >= SEALED_AT_LEAST && !NOT_SEALED.test(text)

function jsonTokens(value: object, countText: CountText): number {
  let sealed = 0
  const text = JSON.stringify(value, (_, member: unknown) => {
    if (typeof member !== 'string' || !isSealed(member)) return member
    sealed += member.length
    return ''
  })
  return countText(text) + Math.ceil(sealed / SEALED_CHARS_PER_TOKEN)
}

/** Letters per token within a word, measured on English prose and code. */
const LETTERS_PER_TOKEN = 5
const DIGITS_PER_TOKEN = 3

/** What characters are told apart: a run of one kind is a word, a number, an indentation. */
const LETTER = 1
const DIGIT = 2
const PUNCTUATION = 3
const SPACE = 4
const WIDE = 5
const OTHER = 6
/** From here on come ideographs and other wide scripts. */
const FIRST_WIDE = 0x2e80

/** The kinds of the ASCII characters. */
const KINDS = Uint8Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code)
  if (/[A-Za-z]/.test(char)) return LETTER
  if (/\d/.test(char)) return DIGIT
  return /[ \t\n\r]/.test(char) ? SPACE : PUNCTUATION
})

/**
 * Tokens of a text. Words cost one token a few letters, digits one in three, punctuation one a run, ideographs and
 * other scripts about one a character; a space belongs to the word after it.
 */
export function textTokens(text: string): number {
  let tokens = 0
  let kind = 0
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const next = code < 128 ? (KINDS[code] as number) : code >= FIRST_WIDE ? WIDE : OTHER
    if (next === kind) continue
    tokens += runTokens(kind, at - start)
    kind = next
    start = at
  }
  return tokens + runTokens(kind, text.length - start)
}

/** Tokens of a run of characters of one kind. */
function runTokens(kind: number, length: number): number {
  switch (kind) {
    case LETTER:
      return Math.ceil(length / LETTERS_PER_TOKEN)
    case DIGIT:
      return Math.ceil(length / DIGITS_PER_TOKEN)
    case PUNCTUATION:
    case OTHER:
      return Math.ceil(length / 2)
    case SPACE:
      return length > 1 ? 1 : 0
    default:
      return kind === WIDE ? length : 0
  }
}
