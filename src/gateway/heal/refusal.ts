import type { GatewayError } from '../../errors.ts'
import { EFFORTS } from '../../ir/effort.ts'
import { asArray, asObject, isObject, parseJson } from '../../ir/json.ts'
import type { Lesson } from './lessons.ts'

/** What an upstream said when it refused a request. */
type Refusal = {
  readonly message: string
  readonly code: string
  readonly param: string
  readonly body: string
}

/** Reads one kind of wording; empty when it is another. */
type Reader = (refusal: Refusal) => readonly Lesson[]

/**
 * What a refusal teaches, read from the upstream's own words. Empty for what no upstream's client can mend without
 * changing what is asked: the conversation, the tools, the schemas.
 */
export function readRefusal(error: GatewayError): readonly Lesson[] {
  const refusal = refusalOf(error)
  if (refusal === undefined) return []
  for (const read of READERS) {
    const lessons = read(refusal)
    if (lessons.length > 0) return lessons
  }
  return []
}

/** True when the upstream could not read reasoning that the history brought along, or missed it in its place. */
export function isSealRefusal(error: GatewayError): boolean {
  const refusal = refusalOf(error)
  return (
    refusal !== undefined &&
    (refusal.code === 'invalid_encrypted_content' ||
      SEAL_WORDINGS.some((words) => words.test(refusal.message)))
  )
}

/** Anthropic's first four, then OpenAI's and Google's. */
const SEAL_WORDINGS: readonly RegExp[] = [
  /invalid `?(?:signature|data)`? in `?(?:redacted_)?thinking/i,
  /thinking`?\.signature: field required/i,
  /`?thinking`?.{0,40} blocks?.{0,80}cannot be modified/i,
  /expected `?(?:redacted_)?thinking`?.{0,40}but found/i,
  /encrypted content.{0,80}(?:could not be|cannot be|failed to be|is invalid)/i,
  /thought.?signature.{0,40}(?:invalid|not valid|corrupt)/i,
]

/** True when calls and results of the history do not pair up as the upstream demands, or ids stand twice or are too long. */
export function isHistoryRefusal(error: GatewayError): boolean {
  const refusal = refusalOf(error)
  return refusal !== undefined && HISTORY_WORDINGS.some((words) => words.test(refusal.message))
}

/** Anthropic's first four, then Chat Completions' two and Responses' one; OpenAI's limit of ids in both. */
const HISTORY_WORDINGS: readonly RegExp[] = [
  /`?tool_use`? ids were found without `?tool_result`? blocks/i,
  /unexpected `?tool_use_id`? found in `?tool_result`? blocks/i,
  /each tool_use must have a single result/i,
  /`?tool_use`? ids must be unique/i,
  /'?tool_calls'? must be followed by tool messages/i,
  /role '?tool'? must be a response to a prece+ding message/i,
  /no tool (?:output|call) found for/i,
  /(?:tool_calls\[\d+\]\.id|tool_call_id|call_id)'?: string too long/i,
]

function refusalOf({ code, message, details }: GatewayError): Refusal | undefined {
  const { upstream, upstreamCode = '', param = '' } = details
  const isRefusal = code === 'invalid-request' && (upstream?.status === 400 || upstream?.status === 422)
  return isRefusal ? { message, code: upstreamCode, param, body: upstream.body } : undefined
}

const dialect = (change: Readonly<Record<string, unknown>>): readonly Lesson[] => [
  { kind: 'dialect', change },
]

/** From the most telling wording to the least. The vendor of each is named where only one says so. */
const READERS: readonly Reader[] = [
  // Anthropic
  ({ message }) => {
    const list = /unexpected value\(s\) (.+?) for the `anthropic-beta` header/i.exec(message)?.[1] ?? ''
    return [...list.matchAll(/`([^`]+)`/g)].map(([, value = '']) => ({ kind: 'beta', value }))
  },
  ({ message }) => {
    if (/does not support the effort parameter/i.test(message)) return dialect({ efforts: [] })
    const levels =
      /does not support effort level.*?supported levels: (.+)/is.exec(message)?.[1] ??
      /effort'? does not support.*?supported values are: (.+)/is.exec(message)?.[1]
    return levels === undefined ? [] : dialect({ efforts: effortsIn(levels) })
  },
  ({ message }) => {
    const field = /use '?(max_completion_tokens|max_tokens)'? instead/i.exec(message)?.[1]
    return field === undefined ? [] : dialect({ maxTokensField: field.toLowerCase(), bothTokenLimits: false })
  },
  ({ message }) => {
    const limit =
      /max_tokens: \d+ > (\d+), which is the maximum/i.exec(message) ??
      /supports at most (\d+) completion tokens/i.exec(message) ??
      /max(?:_completion|_output)?_tokens`?'? must be less than or equal to `?(\d+)/i.exec(message)
    return limit === null ? [] : dialect({ maxOutputTokens: Number(limit[1]) })
  },
  // Anthropic
  ({ message }) => {
    const mode =
      /thinking\.type\.(\w+)"?`? is not supported/i.exec(message)?.[1] ??
      /(adaptive) thinking is not supported/i.exec(message)?.[1]
    return mode === undefined
      ? []
      : [{ kind: 'choice', field: 'thinking', choice: mode.toLowerCase().replaceAll('_', '-') }]
  },
  ({ message }) => {
    if (/\bmessages\[\d+\]\.role'? does not support 'system'/i.test(message))
      return dialect({ systemRole: 'developer' })
    if (/role.{0,30} '?developer'?|'?developer'? is not one of|value: '?developer'?\b/i.test(message))
      return dialect({ systemRole: 'system' })
    return /unexpected role ["'`]system|role ["'`]?system["'`]? (?:is )?not supported/i.test(message)
      ? dialect({ midConversationSystem: false })
      : []
  },
  ({ message }) =>
    /`?temperature`? and `?top_p`? cannot both/i.test(message)
      ? dialect({ sampling: 'temperature-or-top-p' })
      : [],
  ({ message, code, param, body }) => {
    const named = FIELD_WORDINGS.flatMap((words) =>
      [...message.matchAll(words)].map((found) => found[1] ?? ''),
    )
    const byCode = /^(?:unsupported|unknown)_(?:parameter|value)$/.test(code) ? [param] : []
    const fields = named.length > 0 ? named.flatMap((list) => list.split(/,\s*/)) : byCode
    const paths = [...fields.map(pathOf), ...forbiddenExtras(body)]
    return paths.filter(isParameter).map(lessonOf)
  },
]

/** Each captures a field's path, or several with commas between. */
const FIELD_WORDINGS: readonly RegExp[] = [
  /([\w.[\]-]+): Extra inputs are not permitted/gi,
  /unrecognized request arguments? supplied: ([\w.[\]-]+(?:, [\w.[\]-]+)*)/gi,
  /(?:unknown|unsupported|unrecognized|unexpected) (?:parameter|field|argument|value|keyword argument|property):? ['"`]([\w.[\]-]+)['"`]/gi,
  /property ['"`]([\w.[\]-]+)['"`] is (?:unsupported|not supported)/gi,
  /`(temperature|top_p|top_k)` is deprecated/gi,
]

/** Servers on FastAPI list the places of what they do not know, and do not name them in the message. */
function forbiddenExtras(body: string): readonly (readonly string[])[] {
  const wire = asObject(parseJson(body))
  const detail = wire['detail'] ?? asObject(wire['message'])['detail']
  return asArray(detail)
    .filter(isObject)
    .filter(({ type }) => type === 'extra_forbidden')
    .map(({ loc }) => {
      const path = asArray(loc).map((step) => (typeof step === 'number' ? '*' : String(step)))
      return path[0] === 'body' ? path.slice(1) : path
    })
}

/** `tools[0].function.strict` and `tools.0.custom.strict` as steps. */
function pathOf(text: string): readonly string[] {
  return text
    .split(/[.[\]]+/)
    .filter((step) => step !== '')
    .map((step) => (/^\d+$/.test(step) ? '*' : step))
}

/** What the request is about: no answer without it would be an answer to the same question. */
const CONTENT = new Set(['messages', 'input', 'contents', 'system', 'instructions', 'prompt'])
const VITAL = new Set(['model', 'stream', 'tools', ...CONTENT])
const SCHEMAS = new Set(['input_schema', 'parameters', 'schema'])
const TOOL = new Set(['type', 'name', 'description', 'function', 'custom', 'format', ...SCHEMAS])

/** True for a setting, a hint or a mark: something whose loss leaves the question the same. */
function isParameter(path: readonly string[]): boolean {
  const [root = '', ...rest] = path
  const last = path.at(-1) ?? ''
  if (root === '' || last === '*' || path.some((step) => SCHEMAS.has(step))) return false
  if (CONTENT.has(root)) return rest.includes('cache_control')
  if (root === 'tools') return rest.length > 1 && !TOOL.has(last)
  return !VITAL.has(root)
}

function lessonOf(path: readonly string[]): Lesson {
  const [field] = path
  if (field === 'max_completion_tokens')
    return { kind: 'dialect', change: { maxTokensField: 'max_tokens', bothTokenLimits: false } }
  if (field === 'max_tokens')
    return { kind: 'dialect', change: { maxTokensField: 'max_completion_tokens', bothTokenLimits: false } }
  return { kind: 'field', path }
}

function effortsIn(list: string): readonly string[] {
  const words = new Set(list.toLowerCase().match(/\w+/g))
  return EFFORTS.filter((level) => words.has(level))
}
