import { decodeFailure } from '../upstream-failure.ts'
import type { Protocol } from '../protocol.ts'
import { decodeRequest } from './decode-request.ts'
import { decodeResponse } from './decode-response.ts'
import { decodeStream } from './decode-stream.ts'
import { completionsDialect } from './dialect.ts'
import type { CompletionsDialect } from './dialect.ts'
import { encodeRequest } from './encode-request.ts'
import { encodeResponse } from './encode-response.ts'
import { encodeStream } from './encode-stream.ts'
import { encodeError } from './errors.ts'
import { usageOf } from './usage.ts'

export type { CompletionsDialect } from './dialect.ts'
export { joinResponses, joinStreams, renumber, splitPrompts } from './fan-out.ts'

/** OpenAI's legacy text completion. */
export const completions: Protocol<CompletionsDialect> = {
  id: 'completions',
  defaultDialect: completionsDialect,
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  decodeStream: () => decodeStream,
  encodeStream,
  encodeError,
  decodeError: decodeFailure,
  usageOf,
  isTerminal: ({ data }) =>
    data === '[DONE]' || /"finish_reason"\s*:\s*"[^"]/.test(data) || /^\s*\{\s*"error"\s*:\s*[{"]/.test(data),
  ping: () => ': ping\n\n',
}
