import type { CarriedBody, Carry } from '../gateway/call.ts'
import { hasBody, readBody } from './body.ts'
import type { Exchange } from './exchange.ts'
import { plainHeaders } from './headers.ts'
import { quoted, Refusal, unsupportedMedia, wrongMethod } from './refusal.ts'
import { SocketReply } from './reply.ts'
import { withoutKey, type RequestTarget } from './request-target.ts'
import { barePath, type Target } from './routes.ts'
import type { Site } from './site.ts'
import { UploadSource } from './upload-source.ts'

/** Uploads of files may be this large where the config does not say. Bytes. */
const UPLOAD_LIMIT = 1024 ** 3
const BODY_IDLE_MS = 60_000

/** Hands a request over to be carried: JSON read whole, an upload still on its way. */
export async function carryOver(
  site: Site,
  exchange: Exchange,
  { operation }: Target & { kind: 'carry' },
  asked: RequestTarget,
  clientKey: string | undefined,
): Promise<void> {
  const { request, response, requestId, signal } = exchange
  const { handler } = site.options
  if (handler.carry === undefined) throw new Refusal('not-supported', 'This gateway does not serve this API')
  const isKnown = operation !== 'any-path'
  const call: Carry = {
    operation,
    method: isKnown ? methodOf(request.method) : sameMethod(request.method),
    path: isKnown ? safePath(asked.path) : samePath(asked),
    body: isKnown ? await bodyOf(site, exchange) : rawBody(site, exchange),
    headers: plainHeaders(request),
    query: withoutKey(asked.query),
    requestId,
    ...(clientKey !== undefined && { clientKey }),
    signal,
  }
  const reply = new SocketReply(exchange)
  await handler.carry(call, reply)
  if (reply.finished || response.destroyed || signal.aborted) return
  throw new Error('the gateway returned without completing its answer')
}

async function bodyOf(site: Site, exchange: Exchange): Promise<CarriedBody> {
  const { request, signal } = exchange
  const { bodyLimit, bodyIdleMs = BODY_IDLE_MS } = site.options
  const onReady = () => invite(exchange)
  if (request.method !== 'POST' || !hasBody(request)) return { kind: 'none' }
  const contentType = request.headers['content-type'] ?? ''
  if (!/^multipart\/form-data\s*(?:;|$)/i.test(contentType)) {
    const bytes = await readBody(request, { limit: bodyLimit, idleMs: bodyIdleMs, signal, onReady })
    return bytes.length === 0 ? { kind: 'none' } : { kind: 'json', bytes }
  }
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? ''
  if (encoding !== '' && encoding !== 'identity') {
    throw unsupportedMedia('Forms are taken without a content-encoding', { 'accept-encoding': 'identity' })
  }
  return { kind: 'upload', contentType, ...uploadOf(site, exchange) }
}

/** A body that nobody looks into, whatever its type and coding. */
function rawBody(site: Site, exchange: Exchange): CarriedBody {
  return hasBody(exchange.request) ? { kind: 'raw', ...uploadOf(site, exchange) } : { kind: 'none' }
}

function uploadOf(site: Site, exchange: Exchange): Omit<CarriedBody & { kind: 'raw' }, 'kind'> {
  const { request, signal } = exchange
  const { uploadLimit = UPLOAD_LIMIT, bodyIdleMs = BODY_IDLE_MS } = site.options
  const length = request.headers['content-length']
  if (Number(length ?? 0) > uploadLimit) {
    throw new Refusal(
      'too-large',
      `The upload exceeds the limit of ${uploadLimit} bytes (server.uploadLimit). It has ${length} bytes`,
    )
  }
  const onReady = () => invite(exchange)
  return {
    ...(length !== undefined && { length: Number(length) }),
    source: new UploadSource(request, { limit: uploadLimit, idleMs: bodyIdleMs, signal, onReady }),
  }
}

/** Lets a client that waits for leave send its body. */
function invite({ request, response }: Exchange): void {
  if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue()
}

function methodOf(method: string | undefined): Carry['method'] {
  if (method === 'POST' || method === 'DELETE') return method
  return 'GET'
}

const METHODS: readonly Carry['method'][] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

function sameMethod(method: string | undefined): Carry['method'] {
  const found = METHODS.find((known) => known === method)
  if (found === undefined) throw wrongMethod(method, METHODS)
  return found
}

/**
 * What follows `/v1`. It goes into an address to which the provider's key is sent, so that nothing in it may lead
 * to another place than the route's own.
 */
function safePath(path: string): string {
  const bare = barePath(path)
  if (bare.split('/').slice(1).every(isSafe)) return bare
  throw new Refusal('invalid-request', `This path cannot be carried to a provider: ${quoted(path)}`)
}

/** A path that goes out as it came, to a host that is none of the client's choosing. */
function samePath({ path, authority }: RequestTarget): string {
  const segments = path.replace(/\/$/, '').split('/').slice(1)
  const isPath = path.startsWith('/') && authority === undefined
  if (isPath && /^[\x21-\x7e]*$/.test(path) && segments.every(staysBelow)) return path
  throw new Refusal('invalid-request', `This path cannot be carried to a provider: ${quoted(path)}`)
}

/** Neither upwards nor to another segment, even for a server that decodes twice. */
function staysBelow(segment: string): boolean {
  try {
    return !/^\.{0,2}$|[/\\%\p{Cc}]/u.test(decodeURIComponent(segment))
  } catch {
    return false
  }
}

function isSafe(segment: string): boolean {
  try {
    return !/^\.{0,2}$|[/\\?#%\s]|[^\x20-\x7e]/.test(decodeURIComponent(segment))
  } catch {
    return false
  }
}
