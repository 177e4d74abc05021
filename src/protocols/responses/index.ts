import { isObject, parseJson } from '../../ir/json.ts'
import type { SseEvent } from '../../stream/sse.ts'
import type { Protocol } from '../protocol.ts'
import { decodeFailure } from '../upstream-failure.ts'
import { breakOff } from './break-off.ts'
import { counting } from './count-tokens.ts'
import { decodeRequest } from './decode-request.ts'
import { decodeResponse } from './decode-response.ts'
import { decodeStream } from './decode-stream.ts'
import { responsesDialect } from './dialect.ts'
import type { ResponsesDialect } from './dialect.ts'
import { encodeRequest } from './encode-request.ts'
import { encodeResponse } from './encode-response.ts'
import { encodeStream } from './encode-stream.ts'
import { encodeError } from './errors.ts'
import { patchRequest } from './patch-request.ts'
import { usageIn } from './usage.ts'

export { asksToCompact, compactedConversation, COMPACTION_TRIGGER, sealedConversation } from './compaction.ts'
export type { ResponsesDialect } from './dialect.ts'

/** OpenAI Responses: what Codex speaks, and what OpenAI's newer models are served by. */
export const responses: Protocol<ResponsesDialect> = {
  id: 'responses',
  defaultDialect: responsesDialect,
  decodeRequest,
  encodeRequest,
  patchRequest,
  decodeResponse,
  encodeResponse,
  decodeStream: () => decodeStream,
  encodeStream,
  breakOff,
  encodeError,
  decodeError: decodeFailure,
  usageOf: usageIn,
  isTerminal,
  // The official SDK refuses unknown types, `ping` among them, and anything before `response.created`; Codex refuses
  // nothing, and does not count comments as life.
  ping: (sequence, moment) =>
    moment?.phase === 'opening' && moment.profile !== 'codex'
      ? ': keep-alive\n\n'
      : `event: keepalive\ndata: ${JSON.stringify({ type: 'keepalive', sequence_number: sequence })}\n\n`,
  counting,
}

const TERMINAL: ReadonlySet<unknown> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'error',
])

/** True for the event after which a stream is complete, or has failed. */
function isTerminal({ event, data }: SseEvent): boolean {
  if (event !== undefined && event.startsWith('response.')) return TERMINAL.has(event)
  // Parsing every delta again would cost more than relaying it.
  if (!/"type"\s*:\s*"(?:response\.(?:completed|incomplete|failed)|error)"|"error"\s*:\s*\{/.test(data))
    return false
  const value = parseJson(data)
  if (!isObject(value)) return false
  const { type } = value
  return type === undefined ? isObject(value['error']) : TERMINAL.has(type)
}
