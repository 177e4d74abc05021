import type { CarriedBody, Carry } from '../gateway/call.ts'
import { hasBody, readBody } from './body.ts'
import type { Exchange } from './exchange.ts'
import { plainHeaders } from './headers.ts'
import { quoted, Refusal, unsupportedMedia } from './refusal.ts'
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
  const call: Carry = {
    operation,
    method: methodOf(request.method),
    path: safePath(asked.path),
    body: await bodyOf(site, exchange),
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
  const { request, response, signal } = exchange
  const { bodyLimit, uploadLimit = UPLOAD_LIMIT, bodyIdleMs = BODY_IDLE_MS } = site.options
  const onReady = () => {
    if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue()
  }
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
  const length = request.headers['content-length']
  if (Number(length ?? 0) > uploadLimit) {
    throw new Refusal(
      'too-large',
      `The upload exceeds the limit of ${uploadLimit} bytes (server.uploadLimit). It has ${length} bytes`,
    )
  }
  return {
    kind: 'upload',
    contentType,
    ...(length !== undefined && { length: Number(length) }),
    source: new UploadSource(request, { limit: uploadLimit, idleMs: bodyIdleMs, signal, onReady }),
  }
}

function methodOf(method: string | undefined): Carry['method'] {
  if (method === 'POST' || method === 'DELETE') return method
  return 'GET'
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

function isSafe(segment: string): boolean {
  try {
    return !/^\.{0,2}$|[/\\?#%\s]|[^\x20-\x7e]/.test(decodeURIComponent(segment))
  } catch {
    return false
  }
}
