import { clientGone } from '../errors.ts'
import { Http1Client } from './http1/client.ts'
import { parseUrl } from './parse-url.ts'
import { proxyFor } from './proxy.ts'
import { isSource } from './request-body.ts'
import type { Upstream, UpstreamRequest, UpstreamResponse } from './upstream.ts'

export type UpstreamOptions = {
  /**
   * Milliseconds for which an idle connection is kept when the upstream does not say. Default 55 s: just below
   * the minute after which common load balancers close it.
   */
  readonly keepAliveMs?: number
  /** `undici`: everything goes through undici. The default is our own client wherever it can: docs/decisions/0010. */
  readonly transport?: 'own' | 'undici'
}

/**
 * An HTTP/1.1 client over pools of keep-alive connections. Follows no redirects. An idle connection that the
 * upstream closed while a request was on its way costs nothing: the request is sent once more, on a new one.
 */
export function createUpstream(options: UpstreamOptions = {}): Upstream {
  return new HttpUpstream(options)
}

class HttpUpstream implements Upstream {
  readonly #keepAliveMs: number
  readonly #transport: 'own' | 'undici'
  readonly #own: Http1Client
  /** Loaded when it is first needed: it takes 25 ms. */
  #undici: Promise<Upstream> | undefined

  constructor({ keepAliveMs = 55_000, transport = 'own' }: UpstreamOptions) {
    this.#keepAliveMs = keepAliveMs
    this.#transport = transport
    this.#own = new Http1Client(keepAliveMs)
  }

  async send(request: UpstreamRequest): Promise<UpstreamResponse> {
    if (request.signal.aborted) throw clientGone()
    const { body, network } = request
    const url = parseUrl(request.url)
    const proxied = proxyFor(url, network?.proxies) !== undefined
    if (!proxied && !isSource(body) && this.#transport === 'own') {
      return this.#own.send(request, url, body)
    }
    const undici = await this.#loadUndici()
    if (request.signal.aborted) throw clientGone()
    return undici.send(request)
  }

  async close(): Promise<void> {
    const undici = await this.#undici
    await Promise.all([this.#own.close(), undici?.close()])
  }

  #loadUndici(): Promise<Upstream> {
    this.#undici ??= import('./undici-client.ts').then(({ createUndiciUpstream }) =>
      createUndiciUpstream(this.#keepAliveMs),
    )
    return this.#undici
  }
}
