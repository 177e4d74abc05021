import type { GatewayError } from '../errors.ts'
import type { Dropped, Encoded } from '../ir/dropped.ts'
import type { ModelEvent } from '../ir/event.ts'
import type { JsonObject } from '../ir/json.ts'
import type { ProtocolId } from '../ir/part.ts'
import type { ModelRequest } from '../ir/request.ts'
import type { ModelResponse } from '../ir/response.ts'
import type { Usage } from '../ir/usage.ts'
import type { SseEvent } from '../stream/sse.ts'
import type { Stage } from '../stream/sink.ts'

/** What an encoder towards a client knows about the exchange. Ids and clock are passed in: encoders are pure. */
export type ReplyContext = {
  /** The request as the client made it; `request.model` is the name to echo. */
  readonly request: ModelRequest
  /** The answer's id without its protocol prefix: letters and digits, unique per request. */
  readonly id: string
  /** Unix seconds at which the answer began. */
  readonly created: number
  /**
   * A client whose reading of its protocol differs from the vendor's own SDK. `codex`: an incomplete answer is fatal to it,
   * refusals are not shown, and some errors are understood inside of a stream only.
   */
  readonly profile?: 'codex'
  /** Told of every loss on the way to the client. */
  readonly onDropped?: (dropped: Dropped) => void
  /** Remembers what the client may later name by an id alone. Where its protocol knows that. */
  readonly keeper?: Keeper
}

/** Is told of each before the client is. Only of what has come to its end. */
export type Keeper = {
  item(id: string, item: JsonObject): void
  /** `output` holds all items, those that `item` was told of among them. */
  answer(id: string, output: readonly JsonObject[]): void
}

/** An error as it goes to a client: before the first byte, with its status and headers. */
export type ErrorReply = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: JsonObject
}

/** An upstream's answer that is no success. */
export type UpstreamFailure = {
  readonly status: number
  /** Lower-cased names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * What every dialect says, whatever the protocol. The gateway adapts a request to these before an encoder sees
 * it, and undoes the adaptation in the answer, so that encoders never meet an illegal name or a foreign tool kind.
 */
export type CommonDialect = {
  /** Longest tool name; longer or illegal ones are shortened deterministically and restored. */
  readonly toolNameLimit: number
  /** Longest id of a tool call; longer ones are shortened deterministically. Absent means any length. */
  readonly callIdLimit?: number
  /** Most stop sequences accepted; Dragoman enforces the rest itself. `Infinity`: any number. */
  readonly maxStops: number
  /** Takes stop sequences of white space alone; absent means it does. Dragoman enforces those itself otherwise. */
  readonly blankStops?: boolean
  /** Free-form (`custom`) tools; otherwise they travel as function tools with one string. */
  readonly customTools: boolean
  /** Tool namespaces; otherwise they are flattened into the name. */
  readonly toolNamespaces: boolean
  /** Tools that are declared but loaded by name later; otherwise all are declared plainly. */
  readonly deferredTools: boolean
  /** Can search the web by itself; absent means it can. */
  readonly webSearch?: boolean
  /** Whether readable reasoning goes back to its upstream, and in which field: where a protocol has no slot for it. */
  readonly reasoningHistory?: 'never' | 'tool-turns' | 'always'
  readonly reasoningField?: string
  /** Takes documents (PDF) as files; absent means it does. */
  readonly files?: boolean
  /** What the upstream fetches itself when it is given by URL; the gateway fetches the rest. Default `all`. */
  readonly urlMedia?: 'all' | 'images' | 'none'
  /** Beginnings of URLs that only the upstream itself can read, e.g. of its own file store. */
  readonly ownUrls?: readonly string[]
}

/** When a keep-alive is sent: before the answer's first event or within it, and to whom. */
export type PingMoment = Pick<ReplyContext, 'profile'> & { readonly phase: 'opening' | 'answering' }

/**
 * One wire protocol: four decoders, four encoders, errors. Pure but for the state of a stream. `Dialect` is a
 * short record of an upstream's departures from the protocol; each field has a default.
 */
export interface Protocol<Dialect extends CommonDialect> {
  readonly id: ProtocolId
  readonly defaultDialect: Dialect
  /** A client's request. Throws `invalid-request` naming the field when it cannot be read. */
  decodeRequest(wire: JsonObject): ModelRequest
  /** A request for an upstream; `request.model` is the upstream's model name. Throws for what must be refused. */
  encodeRequest(request: ModelRequest, dialect: Dialect): Encoded<JsonObject>
  /**
   * Passthrough: mends a request of this very protocol where the upstream is known to refuse it (a parameter, a
   * role), touching nothing else. Undefined: nothing to mend, the client's own bytes may go out.
   */
  patchRequest?(wire: JsonObject, dialect: Dialect): Encoded<JsonObject> | undefined
  /** An upstream's whole answer. Throws `upstream-broken` when it is none. */
  decodeResponse(wire: JsonObject, dialect: Dialect): ModelResponse
  encodeResponse(response: ModelResponse, context: ReplyContext): Encoded<JsonObject>
  /** An upstream's stream. Emits exactly one of `response-end` and `error`, at the latest when its input ends. */
  decodeStream(dialect: Dialect): Stage<SseEvent, ModelEvent>
  /** A stream for a client. Its output is well formed whatever the input, with exactly one terminal event. */
  encodeStream(context: ReplyContext): Stage<ModelEvent, SseEvent>
  /**
   * The event that ends a stream which was relayed as it came, when its upstream breaks off, given its first and its
   * last event. Absent where an error that `encodeStream` writes can stand behind anything.
   */
  breakOff?(error: GatewayError, relayed: { readonly first: SseEvent; readonly last: SseEvent }): SseEvent
  /** An error for a client, before the first byte. */
  encodeError(error: GatewayError, requestId: string): ErrorReply
  /** What an upstream's failure means. Recognises context overflow and content filters in any provider's words. */
  decodeError(failure: UpstreamFailure): GatewayError
  /** For the passthrough tap: the usage in a whole response or in one stream event's payload. */
  usageOf(wire: JsonObject): Partial<Usage> | undefined
  /** For the passthrough tap: true for the event after which a stream is complete (or has failed). */
  isTerminal(event: SseEvent): boolean
  /** A keep-alive in this protocol's form, ready to write. `sequence` numbers it where the protocol counts. */
  ping(sequence: number, moment?: PingMoment): string
  /** The route that counts a prompt's tokens; absent where the protocol has none. */
  readonly counting?: TokenCounting
}

/** How a protocol counts the tokens of a prompt without answering it. */
export type TokenCounting = {
  /** The body for the counting route from one for an answer. What the route does not take is left out and reported. */
  request(body: JsonObject, model: string): Encoded<JsonObject>
  /** The count in that route's answer; undefined when it holds none. */
  read(wire: JsonObject): number | undefined
  /** The answer of that route, for a client. */
  reply(tokens: number): JsonObject
}
