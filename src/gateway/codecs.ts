import type { GatewayError } from '../errors.ts'
import type { Encoded } from '../ir/dropped.ts'
import type { ModelEvent } from '../ir/event.ts'
import type { JsonObject } from '../ir/json.ts'
import type { ModelRequest } from '../ir/request.ts'
import type { ModelResponse } from '../ir/response.ts'
import type { Usage } from '../ir/usage.ts'
import { chat } from '../protocols/chat/index.ts'
import { completions } from '../protocols/completions/index.ts'
import { gemini } from '../protocols/gemini/index.ts'
import { messages } from '../protocols/messages/index.ts'
import type { CommonDialect, Protocol, TokenCounting, UpstreamFailure } from '../protocols/protocol.ts'
import { responses } from '../protocols/responses/index.ts'
import type { UpstreamProtocol } from '../providers/provider.ts'
import type { SseEvent } from '../stream/sse.ts'
import type { Stage } from '../stream/sink.ts'
import type { ClientProtocol } from './call.ts'

/** The half of a protocol that faces the client. No dialect: clients get the protocol as its vendor defines it. */
export type ClientCodec = Pick<
  Protocol<CommonDialect>,
  | 'id'
  | 'decodeRequest'
  | 'encodeResponse'
  | 'encodeStream'
  | 'breakOff'
  | 'encodeError'
  | 'ping'
  | 'counting'
>

/** The half of a protocol that faces one upstream, with that upstream's dialect bound in. */
export type UpstreamCodec = {
  readonly id: UpstreamProtocol
  readonly dialect: CommonDialect
  readonly counting?: TokenCounting
  /** What a request in this protocol says. */
  decodeRequest(wire: JsonObject): ModelRequest
  encodeRequest(request: ModelRequest): Encoded<JsonObject>
  /** Mends a request of the same protocol where this upstream is known to refuse it; undefined: nothing to mend. */
  patchRequest(wire: JsonObject): Encoded<JsonObject> | undefined
  decodeResponse(wire: JsonObject): ModelResponse
  decodeStream(): Stage<SseEvent, ModelEvent>
  decodeError(failure: UpstreamFailure): GatewayError
  usageOf(wire: JsonObject): Partial<Usage> | undefined
  isTerminal(event: SseEvent): boolean
}

const CLIENT_CODECS: { readonly [P in ClientProtocol]?: ClientCodec } = {
  messages,
  chat,
  responses,
  completions,
}

const UPSTREAM_CODECS: { readonly [P in UpstreamProtocol]: (overrides: object) => UpstreamCodec } = {
  messages: (overrides) => bind('messages', messages, overrides),
  chat: (overrides) => bind('chat', chat, overrides),
  responses: (overrides) => bind('responses', responses, overrides),
  gemini: (overrides) => bind('gemini', gemini, overrides),
}

/** The codec that faces a client of this protocol; undefined where Dragoman does not serve it. */
export function clientCodec(protocol: ClientProtocol): ClientCodec | undefined {
  return CLIENT_CODECS[protocol]
}

/** The codec that faces an upstream, its protocol's default dialect overridden by `overrides`. */
export function upstreamCodec(protocol: UpstreamProtocol, overrides: object): UpstreamCodec {
  return UPSTREAM_CODECS[protocol](overrides)
}

function bind<D extends CommonDialect>(
  id: UpstreamProtocol,
  protocol: Protocol<D>,
  overrides: object,
): UpstreamCodec {
  const dialect: D = { ...protocol.defaultDialect, ...overrides }
  return {
    id,
    dialect,
    ...(protocol.counting !== undefined && { counting: protocol.counting }),
    decodeRequest: (wire) => protocol.decodeRequest(wire),
    encodeRequest: (request) => protocol.encodeRequest(request, dialect),
    patchRequest: (wire) => protocol.patchRequest?.(wire, dialect),
    decodeResponse: (wire) => protocol.decodeResponse(wire, dialect),
    decodeStream: () => protocol.decodeStream(dialect),
    decodeError: (failure) => protocol.decodeError(failure),
    usageOf: (wire) => protocol.usageOf(wire),
    isTerminal: (event) => protocol.isTerminal(event),
  }
}
