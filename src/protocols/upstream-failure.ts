import { GatewayError } from '../errors.ts'
import type { ErrorDetails } from '../errors.ts'
import { asArray, asNumber, asObject, asString, compact, isObject, parseJson } from '../ir/json.ts'
import type { JsonObject } from '../ir/json.ts'
import { CONTEXT_CODES, contextOverflow, outputOverflow } from './overflow.ts'
import { firedCategories } from './content-filter.ts'
import type { UpstreamFailure } from './protocol.ts'

export { contextOverflow, outputOverflow } from './overflow.ts'

/** Nobody reads further, and the patterns below need not either. Characters. */
const LONGEST_MESSAGE = 4_000

/** What an upstream's error body says, whatever envelope it came in. */
export type FailureReport = {
  /** The upstream's sentence, or one made from the status. Short, one line when it came as HTML; never empty. */
  readonly message: string
  readonly type?: string
  readonly code?: string
  readonly param?: string
  /** Azure's `innererror.code`. */
  readonly innerCode?: string
  /** Content-filter categories that fired. */
  readonly categories: readonly string[]
  /** True when the body was a web page: a proxy or a wrong URL answered, not the API. */
  readonly html: boolean
  /** The error object itself, for fields that only one vendor has. */
  readonly error: JsonObject
}

/**
 * Reads an error body of any vendor: Anthropic and OpenAI envelopes, Azure's API Management
 * (`{statusCode, message}`), Google's (`{error: {status, details}}`, also as an array), FastAPI's `detail`,
 * OpenRouter's wrapped `metadata.raw`, a bare string, HTML, nothing at all.
 */
export function readFailure(failure: UpstreamFailure): FailureReport {
  const text = failure.body.trim()
  const parsed = parseJson(text)
  const envelope = asObject(Array.isArray(parsed) ? parsed[0] : parsed)
  const inner = envelope['error'] ?? asObject(envelope['response'])['error']
  const error = isObject(inner) ? inner : envelope
  const html = parsed === undefined && /^<(?:!doctype|html|head|\?xml)/i.test(text)
  const innerError = asObject(error['innererror'] ?? error['inner_error'])
  const message =
    messageOf(error, inner, envelope) ??
    (parsed === undefined && !html && text !== '' ? text.slice(0, 500) : undefined) ??
    (html ? titleOf(text) : undefined) ??
    `the upstream answered ${failure.status} without a message`
  return {
    message: withoutSecrets(message.slice(0, LONGEST_MESSAGE)),
    ...compact({
      type: asString(error['type']) ?? asString(error['status']),
      code: asText(error['code']) ?? (inner === undefined ? asText(envelope['statusCode']) : undefined),
      param: asString(error['param']),
      innerCode: asString(innerError['code']),
    }),
    categories: categoriesOf(innerError, error),
    html,
    error,
  }
}

/** What an upstream's answer without success means. The one reading for every protocol. */
export function decodeFailure(failure: UpstreamFailure): GatewayError {
  const report = readFailure(failure)
  const status = failure.status >= 400 ? failure.status : statusOf(report)
  const code = report.code ?? report.type
  const retryAfter = retryAfterMs(failure.headers) ?? delayOf(report)
  const details: ErrorDetails = compact({
    param: report.param,
    upstreamCode: code,
    retryAfterMs: retryAfter,
    upstream: { status: failure.status, headers: worthKeeping(failure.headers), body: failure.body },
  })
  const output = outputOverflow(report.message)
  if (output !== undefined)
    return new GatewayError('output-overflow', report.message, { details: { ...details, ...output } })
  const [byWords, byCode] = [contextOverflow(report.message), contextByCode(report)]
  if (byWords !== undefined || byCode !== undefined)
    return new GatewayError('context-overflow', report.message, {
      details: { ...details, ...byCode, ...byWords },
    })
  if (isFiltered(report)) {
    const { categories } = report
    return new GatewayError('content-filtered', report.message, {
      details: { ...details, ...(categories.length > 0 && { categories }) },
    })
  }
  if (isBilling(status, report)) return new GatewayError('billing', report.message, { details })
  if (isCredential(status, report)) {
    return new GatewayError(
      'upstream-auth',
      `The upstream refused the gateway's own credentials (${status}): ${report.message}`,
      { retry: 'next', details },
    )
  }
  if (isUnknownModel(status, report)) return new GatewayError('not-found', report.message, { details })
  return byStatus(status, report, details)
}

function byStatus(status: number, report: FailureReport, details: ErrorDetails): GatewayError {
  const { message } = report
  if (status === 429) return new GatewayError('rate-limited', message, { details })
  if (status === 529 || status === 503 || report.type === 'overloaded_error')
    return new GatewayError('overloaded', message, { details })
  if (status === 408 || status === 504)
    return new GatewayError('timeout', message, { retry: 'same', details })
  if (status === 409) return new GatewayError('conflict', message, { retry: 'same', details })
  if (status === 413) return new GatewayError('too-large', message, { details })
  if (status === 501) return new GatewayError('not-supported', message, { retry: 'next', details })
  // A method or a web page that no API answers with: the configured address is wrong.
  if (status === 405 || (status < 500 && report.html))
    return new GatewayError('upstream-failed', message, { retry: 'next', details })
  if (status >= 500) return new GatewayError('upstream-failed', message, { status, details })
  return new GatewayError('invalid-request', message, { details })
}

/**
 * How long an upstream asks to wait, in milliseconds: `retry-after-ms`, else `retry-after` in seconds or as a
 * date (read against the answer's own `date`, so that no clock is needed). Header names are lower-cased.
 */
export function retryAfterMs(headers: Readonly<Record<string, string>>): number | undefined {
  const exact = positive(headers['retry-after-ms'] ?? headers['x-ms-retry-after-ms'])
  if (exact !== undefined) return exact
  const given = headers['retry-after']
  if (given === undefined) return undefined
  const seconds = positive(given)
  if (seconds !== undefined) return Math.round(seconds * 1000)
  const wait = Date.parse(given) - Date.parse(headers['date'] ?? '')
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined
}

/** The headers of a failure that a client or an operator can use; none of them holds a credential. */
function worthKeeping(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const kept =
    /^(?:retry-after|x-should-retry|content-type$|(?:x-)?request-id$|apim-request-id$|(?:x-|anthropic-)ratelimit)/
  return Object.fromEntries(Object.entries(headers).filter(([name]) => kept.test(name)))
}

function messageOf(error: JsonObject, inner: unknown, envelope: JsonObject): string | undefined {
  if (typeof inner === 'string' && inner !== '') return inner
  // OpenRouter says "Provider returned error" and keeps the provider's own words aside.
  const raw = asString(asObject(error['metadata'])['raw'])
  const detail = error['detail'] ?? envelope['detail']
  const said =
    nonEmpty(error['message']) ??
    nonEmpty(envelope['message']) ??
    nonEmpty(detail) ??
    nonEmpty(error['Message']) ??
    (Array.isArray(detail)
      ? detail.map((item) => asString(asObject(item)['msg']) ?? '').join('; ')
      : undefined)
  if (raw === undefined || raw === '') return said
  const nested = asObject(parseJson(raw))
  const words =
    nonEmpty(asObject(nested['error'])['message']) ?? nonEmpty(nested['message']) ?? raw.slice(0, 500)
  return said === undefined ? words : `${said}: ${words}`
}

function titleOf(html: string): string | undefined {
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(html)?.[1] ?? /<h1[^>]*>([^<]*)<\/h1>/i.exec(html)?.[1]
  const line = title?.replaceAll(/\s+/g, ' ').trim()
  return line === undefined || line === ''
    ? undefined
    : `a web page, not an API, answered: ${line.slice(0, 200)}`
}

/** Azure names what fired in `content_filter_result`; Foundry and older versions say it in other places. */
function categoriesOf(innerError: JsonObject, error: JsonObject): readonly string[] {
  const places = [innerError, error, ...asArray(error['content_filters']).map(asObject)]
  const fired = places.flatMap((place) => [
    ...firedCategories(place['content_filter_result']),
    ...firedCategories(place['content_filter_results']),
  ])
  return [...new Set(fired)]
}

/** llama.cpp gives the numbers as fields. */
function contextByCode({ type, code, error }: FailureReport) {
  if (!CONTEXT_CODES.has(code ?? '') && !CONTEXT_CODES.has(type ?? '')) return undefined
  return compact({ tokens: asNumber(error['n_prompt_tokens']), limit: asNumber(error['n_ctx']) })
}

function isFiltered({ code, type, innerCode, message }: FailureReport): boolean {
  return (
    code === 'content_filter' ||
    type === 'content_filter' ||
    code === 'content_policy_violation' ||
    innerCode === 'ResponsibleAIPolicyViolation' ||
    /content management policy/i.test(message)
  )
}

const BILLING: ReadonlySet<string> = new Set([
  'insufficient_quota',
  'credit_balance_exhausted',
  'billing_error',
  'billing_hard_limit_reached',
])
const UNKNOWN_MODEL: ReadonlySet<string> = new Set([
  'model_not_found',
  'DeploymentNotFound',
  'not_found_error',
  'unknown_model',
])

function isBilling(status: number, { type, code, message, error }: FailureReport): boolean {
  if (status === 402 || BILLING.has(type ?? '') || BILLING.has(code ?? '')) return true
  if (hasReason(error, 'BILLING_DISABLED')) return true
  return /credit balance is too low|exceeded your current quota, please check your plan/i.test(message)
}

function isCredential(status: number, { type, code, error }: FailureReport): boolean {
  if (status === 401 || status === 403) return true
  if (type === 'authentication_error' || type === 'permission_error' || code === 'invalid_api_key')
    return true
  return hasReason(error, 'API_KEY_INVALID')
}

/** Google's `ErrorInfo` says more exactly than the status what is wrong. */
function hasReason(error: JsonObject, reason: string): boolean {
  return asArray(error['details']).some((detail) => asObject(detail)['reason'] === reason)
}

function isUnknownModel(status: number, { type, code }: FailureReport): boolean {
  return status === 404 || UNKNOWN_MODEL.has(code ?? '') || UNKNOWN_MODEL.has(type ?? '')
}

const STATUS_BY_WORD: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  invalid_prompt: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  server_error: 500,
  api_error: 500,
  InternalServerError: 500,
  server_is_overloaded: 503,
  slow_down: 503,
  timeout_error: 504,
  overloaded_error: 529,
  RESOURCE_EXHAUSTED: 429,
  UNAVAILABLE: 503,
  INVALID_ARGUMENT: 400,
  INTERNAL: 500,
  DEADLINE_EXCEEDED: 504,
}

/** The status that an error deserves which came inside a stream, or with a 200. */
function statusOf({ type, code }: FailureReport): number {
  const numeric = Number(code)
  if (numeric >= 400 && numeric < 600) return numeric
  return STATUS_BY_WORD[code ?? ''] ?? STATUS_BY_WORD[type ?? ''] ?? 502
}

/** Google's `RetryInfo`, and the sentences of OpenAI ("try again in 1.5s") and Azure ("retry after 6 seconds"). */
function delayOf({ message, error }: FailureReport): number | undefined {
  for (const detail of asArray(error['details'])) {
    const seconds = positive(asString(asObject(detail)['retryDelay'])?.replace(/s$/, ''))
    if (seconds !== undefined) return Math.round(seconds * 1000)
  }
  const said =
    /(?:try again|retry) (?:in|after) (?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?) ?(ms|milliseconds|s\b|seconds?))?/i.exec(
      message,
    )
  if (said === null || (said[1] === undefined && said[2] === undefined)) return undefined
  const [, minutes = '0', amount = '0', unit = 's'] = said
  return Math.round(Number(minutes) * 60_000 + Number(amount) * (unit.startsWith('m') ? 1 : 1000))
}

/** Some servers repeat the key they refused. */
function withoutSecrets(text: string): string {
  return text.replaceAll(
    /\b(?:sk|pk|xai|gsk|AIza)[-_A-Za-z0-9*]{8,}|\bBearer\s+[-._~+/A-Za-z0-9]{8,}=*/g,
    '…',
  )
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function asText(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : nonEmpty(value)
}

function positive(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === '') return undefined
  const value = Number(text)
  return Number.isFinite(value) && value >= 0 ? value : undefined
}
