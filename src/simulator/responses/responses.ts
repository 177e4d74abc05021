import { asObject, asString } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { failure, headers, openaiError, vendorOrder } from '../openai/http.ts'
import type { Surface } from '../surface.ts'
import { askOfResponses } from './ask.ts'
import { checkResponses } from './check.ts'
import { events } from './events.ts'
import { finishedResponse, responseOf } from './items.ts'

/** Azure OpenAI: the v1 path, and the dated one. */
export const azureResponses = surface('azure-responses', ['/openai/v1', '/openai'])

/** api.openai.com. */
export const openaiResponses = surface('openai-responses', ['/v1'])

function surface(name: 'azure-responses' | 'openai-responses', bases: readonly string[]): Surface {
  return {
    name,
    route: (method, path) => {
      if (method !== 'POST') return undefined
      if (bases.some((base) => path === `${base}/responses`)) return { operation: 'generate' }
      const counts = bases.some((base) => path === `${base}/responses/input_tokens`)
      return counts ? { operation: 'count' } : undefined
    },
    deploymentOf: (_route, body) => asString(body.model) ?? '',
    check: checkResponses,
    ask: askOfResponses,
    streams: (call) => call.body.stream === true,
    headers,
    whole: (call, composed) => vendorOrder(call, finishedResponse(call, composed)),
    frames: (call, composed) =>
      [...events(call, composed)].map((event, index) => frame({ ...event, sequence_number: index })),
    count: (_call, tokens) => ({ object: 'response.input_tokens', input_tokens: tokens }),
    failure,
    errorFrame: (call, problem, written) => {
      const { code, message } = asObject(openaiError(call, problem).error)
      const error = { code: code ?? 'server_error', message }
      const response = responseOf(call, { status: 'failed', output: [], extra: { error } })
      return frame({ type: 'response.failed', response, sequence_number: written })
    },
  }
}

function frame(event: JsonObject): string {
  return `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`
}
