import { anyPathUrl, forwardedHeaders, type KeyOwner } from './any-path.ts'
import type { Credentials } from './auth/key.ts'
import { requestHeaders } from './headers.ts'
import type { RequestLine } from './provider.ts'

/** What of OpenAI's API is carried as it is, instead of being understood. */
export type CarriedOperation =
  | 'embeddings'
  | 'image-generation'
  | 'image-edit'
  | 'image-variation'
  | 'speech'
  | 'transcription'
  | 'audio-translation'
  | 'moderation'
  | 'files'
  | 'batches'
  | 'fine-tuning'
  | 'fine-tunes'
  | 'stored-responses'
  | 'any-path' // whatever else the API may have

/** A request to be carried, as far as a provider needs to know it. */
export type CarryCall = {
  readonly operation: CarriedOperation
  /** What follows `/v1`, percent-encoded: `/files/file-1/content`; with `any-path` the whole path. */
  readonly path: string
  /** The client's query as far as it concerns the upstream, with its `?`; or empty. */
  readonly query: string
  /** The upstream's model or deployment name, where the request names one. */
  readonly model?: string
  /** Of the request's body; absent where there is none. */
  readonly contentType?: string
  readonly clientHeaders: Readonly<Record<string, string>>
  readonly clientKey?: string
}

/** The part of a provider that takes requests which are only carried. */
export type Carrier = {
  /** True when the upstream has this operation, or may have it. */
  has(operation: CarriedOperation): boolean
  /** True when the address depends on the model, which must then be known before a byte is sent. */
  modelInUrl(operation: CarriedOperation): boolean
  /**
   * Where to send a request, with which headers.
   *
   * @throws GatewayError `invalid-request` when the address needs a model and there is none
   */
  request(call: CarryCall): Promise<RequestLine>
}

export type CarrierOptions = {
  /** Absent: every one. */
  readonly operations?: ReadonlySet<CarriedOperation>
  /** The upstream's address, without the client's query. */
  readonly url: (call: CarryCall) => string
  /** What precedes the operations' paths, and whose key goes along, where any path is carried. */
  readonly anyPath?: { readonly base: URL; readonly key: KeyOwner }
  readonly modelInUrl?: (operation: CarriedOperation) => boolean
  readonly credentials: Credentials
  /** The config's own headers. */
  readonly custom: Readonly<Record<string, string>>
}

/** The client's headers that mean something to the upstream and hold no credentials. */
const FORWARDED = ['accept', 'openai-beta', 'idempotency-key'] as const

/** A carrier to an API that has OpenAI's form. */
export function openaiCarrier(options: CarrierOptions): Carrier {
  const { operations, credentials, anyPath } = options
  return {
    has: (operation) =>
      operation === 'any-path' ? anyPath !== undefined : (operations?.has(operation) ?? true),
    modelInUrl: (operation) => options.modelInUrl?.(operation) ?? false,
    async request(call) {
      const { clientHeaders, clientKey, contentType } = call
      const authorised = await credentials.headers({
        protocol: 'chat',
        ...(clientKey !== undefined && { clientKey }),
      })
      const { 'content-type': _, ...headers } = requestHeaders(authorised, options.custom)
      if (call.operation === 'any-path' && anyPath !== undefined) {
        return {
          url: anyPathUrl(anyPath.base, call),
          headers: { ...forwardedHeaders(clientHeaders, anyPath.key), ...headers },
        }
      }
      const forwarded = FORWARDED.flatMap((name) => {
        const value = clientHeaders[name]
        return value === undefined ? [] : [[name, value] as const]
      })
      return {
        url: withQuery(options.url(call), call.query),
        headers: {
          ...Object.fromEntries(forwarded),
          ...headers,
          ...(contentType !== undefined && { 'content-type': contentType }),
        },
      }
    },
  }
}

/** Adds the client's parameters; what the address itself says about one of them stands. */
function withQuery(address: string, query: string): string {
  const url = new URL(address)
  const own = new Set(url.searchParams.keys())
  for (const [name, value] of new URLSearchParams(query)) {
    if (!own.has(name)) url.searchParams.append(name, value)
  }
  return url.href
}
