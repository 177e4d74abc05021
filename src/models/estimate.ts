import type { Part } from '../ir/part.ts'
import type { ModelRequest } from '../ir/request.ts'

/** What a message, a tool and the fact of having tools cost beside their text. Tokens. */
const PER_TURN = 4
const PER_TOOL = 12
const TOOLS_AT_ALL = 300
/** An image of the size that clients send, and a page of a PDF with its picture. Tokens. */
const PER_IMAGE = 1_500
const PER_PAGE = 2_000
const BYTES_PER_PAGE = 60_000
/** Base64 text of a second of speech, roughly; audio is billed by time. */
const AUDIO_CHARS_PER_TOKEN = 800

/**
 * How many tokens a request is, estimated without a tokenizer: one pass over its characters, so that no input can
 * make it slow. System, messages, tool calls and results, tool declarations, images and documents all count.
 */
export function estimateTokens(request: ModelRequest): number {
  let tokens = 0
  for (const turn of request.turns) tokens += PER_TURN + sum(turn.parts, partTokens)
  const { tools } = request
  if (tools.length > 0) {
    tokens += TOOLS_AT_ALL + sum(tools, (tool) => PER_TOOL + textTokens(JSON.stringify(tool)))
  }
  const output = request.output
  return output?.type === 'schema' ? tokens + textTokens(JSON.stringify(output.schema)) : tokens
}

function partTokens(part: Part): number {
  switch (part.kind) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return textTokens(part.text)
    case 'tool-call':
      return PER_TOOL + textTokens(part.name) + textTokens(part.input)
    case 'tool-result':
      return PER_TOOL + sum(part.content, partTokens)
    case 'tool-reference':
      return textTokens(part.name)
    case 'media':
      return mediaTokens(part)
    case 'server-tool':
    case 'opaque':
      return textTokens(JSON.stringify(part.value))
    default:
      part satisfies never
      return 0
  }
}

function mediaTokens({ media, source }: Extract<Part, { kind: 'media' }>): number {
  if (source.type === 'text') return textTokens(source.text)
  if (source.type === 'parts') return sum(source.parts, partTokens)
  const size = source.type === 'base64' ? source.data.length : 0
  if (media === 'image') return PER_IMAGE
  if (media === 'audio' || media === 'video') return Math.ceil(size / AUDIO_CHARS_PER_TOKEN)
  return Math.max(1, Math.ceil((size * 0.75) / BYTES_PER_PAGE)) * PER_PAGE
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

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}
