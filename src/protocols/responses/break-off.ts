import type { GatewayError } from '../../errors.ts'
import { asNumber, asObject, parseJson } from '../../ir/json.ts'
import type { SseEvent } from '../../stream/sse.ts'
import { failedError } from './errors.ts'

/** Ends a relayed stream that broke off: the same response, failed, under the next number. */
export function breakOff(
  error: GatewayError,
  { first, last }: { first: SseEvent; last: SseEvent },
): SseEvent {
  const opened = asObject(asObject(parseJson(first.data))['response'])
  const number = asNumber(asObject(parseJson(last.data))['sequence_number'])
  const response = { ...opened, status: 'failed', error: failedError(error) }
  const event = { type: 'response.failed', response, sequence_number: (number ?? 0) + 1 }
  return { event: event.type, data: JSON.stringify(event) }
}
