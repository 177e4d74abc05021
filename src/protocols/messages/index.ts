import { decodeFailure } from '../upstream-failure.ts'
import type { Protocol } from '../protocol.ts'
import { counting } from './count-tokens.ts'
import { decodeRequest } from './decode-request.ts'
import { decodeResponse } from './decode-response.ts'
import { decodeStream } from './decode-stream.ts'
import type { MessagesDialect } from './dialect.ts'
import { messagesDialect } from './dialect.ts'
import { encodeRequest } from './encode-request.ts'
import { encodeResponse } from './encode-response.ts'
import { encodeStream } from './encode-stream.ts'
import { encodeError } from './errors.ts'
import { patchRequest } from './patch-request.ts'
import { usageOf } from './usage.ts'

/** Anthropic's Messages API. */
export const messages: Protocol<MessagesDialect> = {
  id: 'messages',
  defaultDialect: messagesDialect,
  decodeRequest,
  encodeRequest,
  patchRequest,
  decodeResponse,
  encodeResponse,
  decodeStream,
  encodeStream,
  encodeError,
  decodeError: decodeFailure,
  usageOf,
  isTerminal: ({ event, data }) => {
    const type = event ?? /"type"\s*:\s*"(message_stop|error)"/.exec(data)?.[1]
    return type === 'message_stop' || type === 'error'
  },
  ping: () => 'event: ping\ndata: {"type":"ping"}\n\n',
  counting,
}
