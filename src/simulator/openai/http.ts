import type { JsonObject } from '../../ir/json.ts'
import type { Failure } from '../script.ts'
import type { Call, HttpAnswer } from '../surface.ts'
import { isAzure } from './access.ts'

type Exchange = Pick<Call, 'request' | 'serial'>

/** Azure sorts the members of its objects; readers must not depend on an order. */
export function vendorOrder<T>(call: Exchange, value: T): T {
  return isAzure(call) ? (sorted(value) as T) : value
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, member]) => [key, sorted(member)]))
}

/** The headers of an answer. */
export function headers(call: Call, streaming: boolean): Record<string, string> {
  const common = {
    'content-type': streaming ? 'text/event-stream; charset=utf-8' : 'application/json',
    'x-request-id': requestId(call, call.serial),
  }
  if (call.request.surface === 'compatible-chat') return common
  const limits = {
    'x-ratelimit-limit-requests': '2500',
    'x-ratelimit-limit-tokens': '250000',
    'x-ratelimit-remaining-requests': '2499',
    'x-ratelimit-remaining-tokens': '249988',
  }
  if (!isAzure(call)) {
    return { ...common, ...limits, 'openai-version': '2020-10-01', 'openai-processing-ms': '12' }
  }
  return {
    ...common,
    ...limits,
    'apim-request-id': requestId(call, `a${call.serial}`),
    'x-ms-region': 'Sweden Central',
    'x-ms-deployment-name': call.deployment,
    'x-ms-rai-invoked': 'true',
    'x-accel-buffering': 'no',
  }
}

function requestId(call: Exchange, serial: string): string {
  if (!isAzure(call)) return `req_${serial.toLowerCase()}`
  return `00000000-0000-4000-8000-${Buffer.from(serial).toString('hex').slice(-12).padStart(12, '0')}`
}

const TYPES: Readonly<Record<number, readonly [type: string, code: string | null]>> = {
  400: ['invalid_request_error', null],
  401: ['invalid_request_error', 'invalid_api_key'],
  403: ['invalid_request_error', null],
  404: ['invalid_request_error', 'model_not_found'],
  429: ['requests', 'rate_limit_exceeded'],
}

/** A failure as HTTP. */
export function failure(call: Exchange, problem: Failure): HttpAnswer {
  const common = { 'content-type': 'application/json', 'x-request-id': requestId(call, call.serial) }
  const azure = { 'apim-request-id': requestId(call, `a${call.serial}`), 'x-ms-region': 'Sweden Central' }
  const own = typeof problem.body === 'string'
  return {
    status: problem.status,
    headers: { ...common, ...(isAzure(call) && azure) },
    body: own ? String(problem.body) : JSON.stringify(problem.body ?? openaiError(call, problem)),
  }
}

/** The body of a failure. */
export function openaiError(call: Exchange, problem: Failure): JsonObject {
  const [type, code] = TYPES[problem.status] ?? ['server_error', null]
  // Azure's front door answers for the model: its errors have a code and a message only.
  if (isAzure(call) && problem.status !== 400 && problem.type === undefined) {
    return { error: { code: problem.code ?? String(problem.status), message: problem.message } }
  }
  return {
    error: {
      message: problem.message,
      type: problem.type ?? type,
      param: problem.param ?? null,
      code: problem.code === undefined ? code : problem.code,
    },
  }
}
