import tls from 'node:tls'
import type { Dispatcher, Pool as PoolType } from 'undici'
import connect from 'undici/lib/api/api-connect.js'
import Agent from 'undici/lib/dispatcher/agent.js'
import Client from 'undici/lib/dispatcher/client.js'
import Pool from 'undici/lib/dispatcher/pool.js'
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js'
import { GatewayError } from '../errors.ts'
import { Attempt } from './attempt.ts'
import { isSource } from './request-body.ts'
import type { Upstream, UpstreamRequest, UpstreamResponse } from './upstream.ts'

export type UpstreamOptions = {
  /** URL of an HTTP or SOCKS5 proxy for all requests; may hold credentials. */
  readonly proxy?: string
  /** Certificates in PEM form that are trusted besides the machine's own. */
  readonly ca?: string
  /**
   * Milliseconds for which an idle connection is kept when the upstream does not say. Default 55 s: just below
   * the minute after which common load balancers close it.
   */
  readonly keepAliveMs?: number
}

/**
 * An HTTP/1.1 client over pools of keep-alive connections. Follows no redirects. An idle connection that the
 * upstream closed while a request was on its way costs nothing: the request is sent once more, on a new one.
 */
export function createUpstream(options: UpstreamOptions = {}): Upstream {
  return new HttpUpstream(options)
}

class HttpUpstream implements Upstream {
  readonly #options: UpstreamOptions
  readonly #trust: { readonly secureContext: tls.SecureContext } | undefined
  /** By connect timeout, which belongs to a pool in undici; a config has one or two. */
  readonly #pools = new Map<number, Dispatcher>()
  /** The ends of single connections: of uploads, and of requests that were sent again. */
  readonly #singles = new Set<Promise<void>>()

  constructor(options: UpstreamOptions) {
    this.#options = options
    if (options.ca !== undefined) {
      // Made once: a context with all of the machine's roots takes milliseconds.
      const ca = [...tls.getCACertificates('default'), options.ca]
      this.#trust = { secureContext: tls.createSecureContext({ ca }) }
    }
  }

  async send(request: UpstreamRequest): Promise<UpstreamResponse> {
    if (request.signal.aborted) throw new GatewayError('client-closed', 'The client went away')
    const url = URL.parse(request.url)
    if (url === null)
      throw new GatewayError('upstream-failed', "The upstream's address is no URL", { retry: 'next' })
    // An upload cannot be sent again when a kept connection turns out to be closed, so it never gets one.
    if (isSource(request.body)) return this.#sendAlone(request, url)
    const attempt = new Attempt(request, url.host)
    attempt.dispatch(this.#pool(request.timeouts.connect), request, url)
    try {
      return await attempt.response
    } catch (error) {
      if (!attempt.stale) throw error
      // Another connection from the pool might be as stale as the first.
      return await this.#sendAlone(request, url)
    }
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()]
    this.#pools.clear()
    await Promise.all([...pools.map((pool) => pool.close()), ...this.#singles])
  }

  /** On a connection of its own, which closes with the answer. */
  #sendAlone(request: UpstreamRequest, url: URL): Promise<UpstreamResponse> {
    const single = this.#create(request.timeouts.connect)
    const attempt = new Attempt(request, url.host)
    attempt.dispatch(single, request, url)
    // Closes when the answer is complete.
    const closed = single.close().finally(() => this.#singles.delete(closed))
    this.#singles.add(closed)
    return attempt.response
  }

  #pool(connectTimeout: number): Dispatcher {
    let pool = this.#pools.get(connectTimeout)
    if (pool === undefined) {
      pool = this.#create(connectTimeout)
      this.#pools.set(connectTimeout, pool)
    }
    return pool
  }

  #create(connectTimeout: number): Dispatcher {
    const { proxy, keepAliveMs } = this.#options
    const shared = {
      allowH2: false,
      pipelining: 1,
      connectTimeout,
      keepAliveTimeout: keepAliveMs ?? 55_000,
      bodyTimeout: 0,
      factory: (origin: string | URL, options: object) =>
        new Pool(origin, { ...(options as PoolType.Options), factory: newConnection }),
    }
    if (proxy === undefined)
      return new Agent({ ...shared, connect: { timeout: connectTimeout, ...this.#trust } })
    return new ProxyAgent({
      ...shared,
      uri: proxy,
      // A proxy agent asks its own client for tunnels.
      clientFactory: (origin, options) => Object.assign(new Pool(origin, options), { connect }),
      ...(this.#trust && { requestTls: this.#trust, proxyTls: this.#trust }),
    })
  }
}

const newConnection = (origin: URL, options: object): Dispatcher => new Connection(origin, options)

/** A connection that tells each request whether it is its first. */
class Connection extends Client {
  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (handler instanceof Attempt) handler.reused = this.stats.connected
    return super.dispatch(options, handler)
  }
}
