import type { Dispatcher, Pool as PoolType } from 'undici'
import connect from 'undici/lib/api/api-connect.js'
import Agent from 'undici/lib/dispatcher/agent.js'
import Client from 'undici/lib/dispatcher/client.js'
import Pool from 'undici/lib/dispatcher/pool.js'
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js'
import { Attempt } from './attempt.ts'
import { proxyFor } from './proxy.ts'
import { parseUrl } from './parse-url.ts'
import { isSource } from './request-body.ts'
import { trusting } from './trust.ts'
import type { Upstream, UpstreamRequest, UpstreamResponse } from './upstream.ts'

/**
 * The same over undici, for what our own client leaves out: proxies, and bodies that are still coming in. Loaded
 * when it is first needed.
 *
 * @param keepAliveMs milliseconds for which an idle connection is kept when the upstream does not say
 */
export function createUndiciUpstream(keepAliveMs: number): Upstream {
  return new UndiciUpstream(keepAliveMs)
}

/** What two requests must have in common to share connections, besides the origin. */
type Route = {
  /** Milliseconds. It belongs to a pool in undici. */
  readonly connectTimeout: number
  /** URL; may hold credentials. */
  readonly proxy?: string
  /** PEM. */
  readonly ca?: string
}

class UndiciUpstream implements Upstream {
  readonly #keepAliveMs: number
  /** By route; a config has one or two. */
  readonly #pools = new Map<string, Dispatcher>()
  /** The ends of single connections: of uploads, and of requests that were sent again. */
  readonly #singles = new Set<Promise<void>>()

  constructor(keepAliveMs: number) {
    this.#keepAliveMs = keepAliveMs
  }

  async send(request: UpstreamRequest): Promise<UpstreamResponse> {
    const url = parseUrl(request.url)
    const route = routeOf(request, url)
    // An upload cannot be sent again when a kept connection turns out to be closed, so it never gets one.
    if (isSource(request.body)) return this.#sendAlone(request, url, route)
    const attempt = new Attempt(request, nameOf(url, route))
    attempt.dispatch(this.#pool(route), request, url)
    try {
      return await attempt.response
    } catch (error) {
      if (!attempt.stale) throw error
      // Another connection from the pool might be as stale as the first.
      return await this.#sendAlone(request, url, route)
    }
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()]
    this.#pools.clear()
    await Promise.all([...pools.map((pool) => pool.close()), ...this.#singles])
  }

  /** On a connection of its own, which closes with the answer. */
  #sendAlone(request: UpstreamRequest, url: URL, route: Route): Promise<UpstreamResponse> {
    const single = this.#create(route)
    const attempt = new Attempt(request, nameOf(url, route))
    attempt.dispatch(single, request, url)
    // Closes when the answer is complete.
    const closed = single.close().finally(() => this.#singles.delete(closed))
    this.#singles.add(closed)
    return attempt.response
  }

  #pool(route: Route): Dispatcher {
    const key = `${route.connectTimeout} ${route.proxy ?? ''} ${route.ca ?? ''}`
    let pool = this.#pools.get(key)
    if (pool === undefined) {
      pool = this.#create(route)
      this.#pools.set(key, pool)
    }
    return pool
  }

  #create({ connectTimeout, proxy, ca }: Route): Dispatcher {
    // HTTP/2 costs more than it gives here: docs/decisions/0006.
    const connections = {
      allowH2: false,
      pipelining: 1,
      connectTimeout,
      keepAliveTimeout: this.#keepAliveMs,
      bodyTimeout: 0,
    }
    const tls = { allowH2: false, ...trusting(ca) }
    const factory = (origin: string | URL, options: object) =>
      new Pool(origin, { ...connections, ...(options as PoolType.Options), factory: newConnection })
    if (proxy === undefined)
      return new Agent({ ...connections, factory, connect: { timeout: connectTimeout, ...tls } })
    return new ProxyAgent({
      ...connections,
      factory,
      uri: proxy,
      // A proxy agent asks its own client for tunnels.
      clientFactory: (origin, options) => Object.assign(new Pool(origin, options), { connect }),
      requestTls: tls,
      proxyTls: tls,
    })
  }
}

function routeOf({ timeouts, network }: UpstreamRequest, url: URL): Route {
  const proxy = proxyFor(url, network?.proxies)
  return {
    connectTimeout: timeouts.connect,
    ...(proxy !== undefined && { proxy }),
    ...(network?.ca !== undefined && { ca: network.ca }),
  }
}

/** Whom errors name. A proxy connects and looks up names itself, so that its faults look like the upstream's. */
function nameOf(url: URL, { proxy }: Route): string {
  return proxy === undefined ? url.host : `${url.host} (through the proxy ${new URL(proxy).host})`
}

const newConnection = (origin: URL, options: object): Dispatcher => new Connection(origin, options)

/** A connection that tells each request whether it is its first. */
class Connection extends Client {
  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (handler instanceof Attempt) handler.reused = this.stats.connected
    return super.dispatch(options, handler)
  }
}
