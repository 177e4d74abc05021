import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { clientGone, GatewayError } from '../errors.ts'
import type { Clock } from '../stream/clock.ts'
import { mayBeMedia, readMedia, type FetchedMedia } from './media-type.ts'
import { openPinned, type PinnedRequest } from './open-pinned.ts'
import { isLoopbackAddress, isPublicAddress } from './public-address.ts'
import type { UpstreamResponse } from './upstream.ts'

/** One URL that a client named in its request. */
export type MediaRequest = {
  readonly url: string
  /** Where it stands in the client's request; errors name it. */
  readonly path: string
  readonly signal: AbortSignal
  /** Told the size of every piece, in bytes. Throws to stop. */
  readonly onBytes?: (bytes: number) => void
}

export type FetchMedia = (request: MediaRequest) => Promise<FetchedMedia>

export type FetchLimits = {
  /**
   * `public`: https at the default port of public addresses. `loopback`: also this machine's own servers, at any port and
   * by plain http, where the client's URL itself names them.
   */
  readonly reach: 'public' | 'loopback'
  /** Bytes of a body, decompressed. */
  readonly size: number
  /** Milliseconds for everything: names, redirects and bytes. */
  readonly timeoutMs: number
  readonly redirects: number
}

/** Sizes that vendors take for one picture or document, and times that clients wait for. */
export const DEFAULT_FETCH_LIMITS: FetchLimits = {
  reach: 'public',
  size: 20 * 1024 * 1024,
  timeoutMs: 10_000,
  redirects: 3,
}

/** The network, as fetching needs it. */
export type FetchDeps = {
  /** All addresses of a name. */
  readonly resolve: (name: string) => Promise<readonly string[]>
  readonly open: (request: PinnedRequest) => Promise<UpstreamResponse>
  readonly clock: Clock
}

/** The machine's own network. */
export const systemNetwork: Omit<FetchDeps, 'clock'> = {
  resolve: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
  open: openPinned,
}

/** Nothing of the client or the gateway goes along: no credentials, no cookies, no referrer. */
const HEADERS = { accept: 'image/*, application/pdf, text/*;q=0.9', 'user-agent': 'dragoman' }

const REDIRECTS = new Set([301, 302, 303, 307, 308])

/** Why a URL was not fetched, in words for the client: never what an address or its answer was. */
class Refusal extends Error {}

/**
 * Fetches what a URL of a client's request shows. The gateway may stand where its clients do not, so only public addresses
 * are asked: a name is looked up once and the connection made to the very address that was checked, after every redirect anew.
 *
 * @throws GatewayError `invalid-request` naming the part and the reason; `client-closed` when the signal says so
 */
export async function fetchMedia(
  request: MediaRequest,
  limits: FetchLimits,
  deps: FetchDeps,
): Promise<FetchedMedia> {
  const deadline = new AbortController()
  const timer = deps.clock.setTimeout(() => deadline.abort(), limits.timeoutMs)
  const signal = AbortSignal.any([request.signal, deadline.signal])
  try {
    return await untilAborted(follow({ ...request, signal }, limits, deps), signal)
  } catch (thrown) {
    if (request.signal.aborted) throw clientGone()
    if (deadline.signal.aborted) throw refused(request, `it did not arrive within ${limits.timeoutMs} ms`)
    if (thrown instanceof Refusal) throw refused(request, thrown.message)
    if (thrown instanceof GatewayError && thrown.code === 'invalid-request') throw thrown
    throw refused(request, 'its server could not be reached, or broke off', thrown)
  } finally {
    deps.clock.clearTimeout(timer)
  }
}

function refused({ path }: MediaRequest, reason: string, cause?: unknown): GatewayError {
  const message = `${path}: the URL could not be fetched: ${reason}; send the bytes as base64 instead`
  return new GatewayError('invalid-request', message, { details: { param: path }, cause })
}

async function follow(request: MediaRequest, limits: FetchLimits, deps: FetchDeps): Promise<FetchedMedia> {
  const { signal } = request
  const timeouts = { connect: limits.timeoutMs, firstByte: limits.timeoutMs }
  let { reach } = limits
  let url = readUrl(request.url, reach)
  for (let hops = 0; ; hops++) {
    const addresses = await addressesOf(url, deps)
    signal.throwIfAborted()
    const response = await deps.open({ url, addresses, headers: HEADERS, timeouts, signal })
    const { location } = response.headers
    if (!REDIRECTS.has(response.status) || location === undefined) return read(response, request, limits)
    response.body.abort()
    if (hops === limits.redirects) throw new Refusal(`it was redirected more than ${limits.redirects} times`)
    // What stands elsewhere may not lead to this machine.
    if (!isLoopbackUrl(url)) reach = 'public'
    url = readUrl(location, reach, url)
  }
}

/** The URL, when it is one that may be asked for at all. */
function readUrl(text: string, reach: FetchLimits['reach'], base?: URL): URL {
  const url = URL.parse(text, base?.href)
  if (url === null) throw new Refusal('it is not valid')
  if (url.username !== '' || url.password !== '') throw new Refusal('it holds credentials')
  if (reach === 'loopback' && isLoopbackUrl(url) && url.protocol === 'http:') return url
  if (url.protocol !== 'https:') throw new Refusal('only https is fetched')
  if (reach === 'loopback' && isLoopbackUrl(url)) return url
  if (isLoopbackUrl(url)) throw new Refusal(NOT_PUBLIC)
  if (url.port !== '') throw new Refusal('only the default port is asked')
  return url
}

/** One wording for unknown and for closed names, so that nobody can ask the gateway which names its network knows. */
const NOT_PUBLIC = 'its host has no public address'

/** The addresses that may be connected to. WHATWG URLs have turned every spelling of an IPv4 address into the dotted one. */
async function addressesOf(url: URL, deps: FetchDeps): Promise<readonly string[]> {
  const host = hostOf(url)
  const all = isIP(host) === 0 ? await deps.resolve(host).catch(() => []) : [host]
  const allowed = all.filter(isLoopbackUrl(url) ? isLoopbackAddress : isPublicAddress)
  if (allowed.length === 0) throw new Refusal(NOT_PUBLIC)
  return allowed
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '')

function isLoopbackUrl(url: URL): boolean {
  const host = hostOf(url)
  return isLoopbackAddress(host) || /(?:^|\.)localhost\.?$/.test(host)
}

async function read(
  response: UpstreamResponse,
  request: MediaRequest,
  limits: FetchLimits,
): Promise<FetchedMedia> {
  const type = response.headers['content-type'] ?? ''
  const reason = faultOf(response, limits.size)
  if (reason !== undefined) {
    response.body.abort()
    throw new Refusal(reason)
  }
  const bytes = await readBytes(response, limits.size, request.onBytes)
  const media = bytes.length === 0 ? undefined : readMedia(type, bytes)
  if (media === undefined) throw new Refusal(bytes.length === 0 ? 'it is empty' : NOT_MEDIA)
  return media
}

const NOT_MEDIA = 'it is neither an image, a PDF nor text'

/** What makes an answer useless before any of its bytes. */
function faultOf({ status, headers }: UpstreamResponse, size: number): string | undefined {
  if (status !== 200) return `its server answered ${status}`
  if (!mayBeMedia(headers['content-type'] ?? '')) return NOT_MEDIA
  return Number(headers['content-length'] ?? 0) > size ? tooLarge(size) : undefined
}

const tooLarge = (size: number): string => `it is larger than ${size} bytes`

function readBytes(
  { body }: UpstreamResponse,
  limit: number,
  onBytes: MediaRequest['onBytes'],
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let size = 0
    body.start({
      data(chunk) {
        size += chunk.length
        try {
          if (size > limit) throw new Refusal(tooLarge(limit))
          onBytes?.(chunk.length)
          pieces.push(chunk)
        } catch (refusal) {
          body.abort()
          reject(refusal)
        }
      },
      end: () => resolve(Buffer.concat(pieces)),
      error: reject,
    })
  })
}

/** Names are looked up in a way that cannot be aborted; nobody needs to wait for them. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new Error('Aborted'))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
