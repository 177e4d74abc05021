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
 */
export function estimateTokens(request: ModelRequest, rates: TokenRates = tokenRatesOf('')): number {
  let texts = 0
  let files = 0
  const count = (part: Part): void => {
    if (part.kind === 'tool-result') {
      texts += PER_TOOL
      part.content.forEach(count)
    } else if (part.kind !== 'media') texts += partTokens(part)
    else if (part.source.type === 'text') texts += textTokens(part.source.text)
    else if (part.source.type === 'parts') part.source.parts.forEach(count)
    else files += mediaTokens(part, rates)
  }
  for (const turn of request.turns) {
    texts += PER_TURN
    turn.parts.forEach(count)
  }
  const { tools, output } = request
  for (const tool of tools) texts += PER_TOOL + toolTokens(tool, rates)
  if (tools.length > 0) files += rates.tools
  if (output?.type === 'schema') texts += jsonTokens(output.schema)
  return Math.ceil(texts * rates.text) + files
}

/** Vendors write declarations out in a form of their own, some more tersely than JSON. */
function toolTokens(tool: Tool, rates: TokenRates): number {
  if (tool.kind === 'web-search' || tool.kind === 'server') return jsonTokens(tool.value)
  const shape = tool.kind === 'function' ? tool.schema : tool.format
  const told = textTokens(tool.name) + textTokens(tool.description ?? '')
  return told + Math.ceil(shape === undefined ? 0 : jsonTokens(shape) * rates.schema)
}

function partTokens(part: Exclude<Part, { kind: 'media' | 'tool-result' }>): number {
  switch (part.kind) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return textTokens(part.text)
    case 'tool-call':
      return PER_TOOL + textTokens(part.name) + textTokens(part.input)
    case 'tool-reference':
      return textTokens(part.name)
    case 'server-tool':
    case 'opaque':
      return jsonTokens(part.value)
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

function jsonTokens(value: object): number {
  let sealed = 0
  const text = JSON.stringify(value, (_, member: unknown) => {
    if (typeof member !== 'string' || !isSealed(member)) return member
    sealed += member.length
    return ''
  })
  return textTokens(text) + Math.ceil(sealed / SEALED_CHARS_PER_TOKEN)
}

/** Letters per token within a word, measured on English prose and code. */
const LETTERS_PER_TOKEN = 5
const DIGITS_PER_TOKEN = 3

/**
 * Tokens of a text. Words cost one token a few letters, digits one in three, punctuation one a run, ideographs and
 * other scripts about one a character; a space belongs to the word after it.
 */
export function textTokens(text: string): number {
  let tokens = 0
  let kind = 0
  let length = 0
  const flush = () => {
    if (kind === 1) tokens += Math.ceil(length / LETTERS_PER_TOKEN)
    else if (kind === 2) tokens += Math.ceil(length / DIGITS_PER_TOKEN)
    else if (kind === 3) tokens += Math.ceil(length / 2)
    else if (kind === 4) tokens += length > 1 ? 1 : 0
    else if (kind === 5) tokens += length
    else if (kind === 6) tokens += Math.ceil(length / 2)
    length = 0
  }
  for (let i = 0; i < text.length; i++) {
    const next = classOf(text.charCodeAt(i))
    if (next !== kind) flush()
    kind = next
    length++
  }
  flush()
  return tokens
}

/** 1 letter, 2 digit, 3 punctuation, 4 white space, 5 ideograph or other wide script, 6 other letters. */
function classOf(code: number): number {
  if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90)) return 1
  if (code >= 48 && code <= 57) return 2
  if (code === 32 || code === 9 || code === 10 || code === 13) return 4
  if (code < 128) return 3
  return code >= 0x2e80 ? 5 : 6
}
