import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, inflateRaw, zstdDecompress } from 'node:zlib'
import { clientClosed, Refusal, unsupportedMedia } from './refusal.ts'

export type BodyRules = {
  /** Bytes, as sent and as decompressed. */
  readonly limit: number
  /** Milliseconds without a byte after which the upload is given up. */
  readonly idleMs: number
  /** Aborted with the reason (a GatewayError) for which no more of the body will come. */
  readonly signal: AbortSignal
  /** Called when the body is wanted, so that a client which waits for `100 Continue` sends it. */
  readonly onReady: () => void
}

/**
 * Reads a request's JSON text: collected, decompressed, without a byte order mark. Whether it is valid JSON is
 * the caller's business. Rejects with a GatewayError: 413, 415, 408, 400 for broken compression, or the
 * signal's reason.
 */
export async function readBody(request: IncomingMessage, rules: BodyRules): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0)
  if (declared > rules.limit) throw tooLarge(rules.limit, `It has ${declared} bytes`)
  const label = mediaLabel(request.headers['content-type'])
  const unpack = unpackerFor(request.headers['content-encoding'])
  rules.onReady()
  const packed = await collect(request, rules)
  const body = withoutMark(unpack === undefined ? packed : await unpackWith(unpack, packed, rules.limit))
  if (label.trust === 'if-json' && !isJson(body)) throw wrongType(label.type)
  return body
}

/** True when a request announced a body, whether or not it has arrived. */
export function hasBody(request: IncomingMessage): boolean {
  const { headers } = request
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function collect(request: IncomingMessage, { limit, idleMs, signal }: BodyRules): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const idle = setTimeout(() => {
      const message = `The request body stalled: no byte came for ${Math.round(idleMs / 1000)} s`
      settle(() => reject(new Refusal('timeout', message, { status: 408 })))
    }, idleMs)

    const onData = (chunk: Buffer) => {
      size += chunk.length
      if (size > limit) return settle(() => reject(tooLarge(limit, 'It was cut off there')))
      chunks.push(chunk)
      idle.refresh()
    }
    const onEnd = () => settle(() => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)))
    const onGone = () => settle(() => reject(signal.aborted ? signal.reason : clientClosed()))
    const settle = (outcome: () => void) => {
      clearTimeout(idle)
      request.off('data', onData).off('end', onEnd).off('close', onGone)
      signal.removeEventListener('abort', onGone)
      outcome()
    }

    if (signal.aborted) return onGone()
    signal.addEventListener('abort', onGone)
    request.on('data', onData).on('end', onEnd).on('close', onGone)
  })
}

type Label = { readonly type: string; readonly trust: 'always' | 'if-json' }

/**
 * How far to believe a content type. JSON and nothing at all are believed; what `curl -d` and plain `fetch`
 * send by default is taken when the text is JSON after all. Throws a 415 for the rest.
 */
function mediaLabel(header: string | undefined): Label {
  const type = header?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (type === '' || type === 'application/json' || type.endsWith('+json')) return { type, trust: 'always' }
  if (type === 'text/plain' || type === 'application/x-www-form-urlencoded') return { type, trust: 'if-json' }
  throw wrongType(type)
}

function wrongType(type: string): Refusal {
  return unsupportedMedia(`The request body must be application/json, not ${type}`, {
    accept: 'application/json',
  })
}

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(body.toString())
    return true
  } catch {
    return false
  }
}

type Unpack = (packed: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>

const gunzipAsync: Unpack = promisify(gunzip)
const inflateAsync: Unpack = promisify(inflate)
const inflateRawAsync: Unpack = promisify(inflateRaw)
const UNPACKERS: ReadonlyMap<string, Unpack> = new Map([
  ['gzip', gunzipAsync],
  ['x-gzip', gunzipAsync],
  // "deflate" is the zlib format, yet some clients send the bare one; the first byte tells.
  ['deflate', (packed, options) => (isZlib(packed) ? inflateAsync : inflateRawAsync)(packed, options)],
  ['br', promisify(brotliDecompress) as Unpack],
  ['zstd', promisify(zstdDecompress) as Unpack],
])
const ACCEPTED = 'gzip, deflate, br, zstd'

function isZlib(packed: Buffer): boolean {
  return ((packed[0] ?? 0) & 0x0f) === 8
}

function unpackerFor(header: string | undefined): Unpack | undefined {
  const codings = (header ?? '').split(',').map((coding) => coding.trim().toLowerCase())
  const [coding, ...more] = codings.filter((name) => name !== '' && name !== 'identity')
  if (coding === undefined) return undefined
  const unpack = UNPACKERS.get(coding)
  if (unpack !== undefined && more.length === 0) return unpack
  const wrong = more.length > 0 ? 'more than one content-encoding' : `the content-encoding ${coding}`
  throw unsupportedMedia(`The request body has ${wrong}; one of ${ACCEPTED} is accepted`, {
    'accept-encoding': ACCEPTED,
  })
}

async function unpackWith(unpack: Unpack, packed: Buffer, limit: number): Promise<Buffer> {
  try {
    return await unpack(packed, { maxOutputLength: limit })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw tooLarge(limit, 'It has more than that once decompressed')
    }
    throw new Refusal('invalid-request', 'The request body is not what its content-encoding says', { cause })
  }
}

/** Windows tools like to begin a text with a byte order mark, which JSON forbids. */
function withoutMark(body: Buffer): Buffer {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body
}

function tooLarge(limit: number, how: string): Refusal {
  return new Refusal(
    'too-large',
    `The request body exceeds the limit of ${limit} bytes (server.bodyLimit). ${how}`,
  )
}
