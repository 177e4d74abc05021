import { isIP } from 'node:net'
import { unanswered } from '../failure.ts'
import type { UpstreamRequest, UpstreamResponse } from '../upstream.ts'
import type { Wire } from './connection.ts'
import { Exchange } from './exchange.ts'
import { Pool } from './pool.ts'
import { writeHead } from './request-head.ts'

/**
 * HTTP/1.1 straight over sockets: docs/decisions/0010. It goes no further than what requests to models need: whole
 * request bodies, no proxies, no redirects, no upgrades, one request at a time on a connection.
 */
export class Http1Client {
  readonly #keepAliveMs: number
  /** By certificates, then by origin and name of the server. */
  readonly #pools = new Map<string | undefined, Map<string, Pool>>()

  /** @param keepAliveMs milliseconds for which an idle connection is kept when the upstream does not say */
  constructor(keepAliveMs: number) {
    this.#keepAliveMs = keepAliveMs
  }

  /**
   * @param url the request's, parsed
   * @param whole the request's body
   */
  send(request: UpstreamRequest, url: URL, whole: Buffer | string | undefined): Promise<UpstreamResponse> {
    const { method, headers, timeouts, network } = request
    const body = typeof whole === 'string' ? bytesOf(whole) : whole
    const length = body?.length ?? (method === 'POST' ? 0 : undefined)
    let head
    try {
      head = writeHead({ method, path: url.pathname + url.search, host: url.host, headers, length })
    } catch (thrown) {
      return Promise.reject(unanswered(thrown as Error, url.host, timeouts))
    }
    const wire: Wire = {
      method,
      head: head.text,
      body,
      persistent: head.persistent,
      firstByteMs: timeouts.firstByte,
    }
    return new Exchange(this.#pool(url, head.host, network?.ca), wire, request, url.host).response
  }

  /** Finishes what is under way and closes the connections. */
  async close(): Promise<void> {
    const pools = [...this.#pools.values()].flatMap((byOrigin) => [...byOrigin.values()])
    this.#pools.clear()
    await Promise.all(pools.map((pool) => pool.close()))
  }

  #pool(url: URL, saidHost: string, ca: string | undefined): Pool {
    let byOrigin = this.#pools.get(ca)
    if (byOrigin === undefined) this.#pools.set(ca, (byOrigin = new Map()))
    const key = `${url.protocol}${url.host} ${saidHost}`
    let pool = byOrigin.get(key)
    if (pool === undefined) {
      const secure = url.protocol === 'https:'
      const serverName = saidHost.replace(/:\d*$/, '')
      pool = new Pool({
        secure,
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
        serverName: isIP(serverName.replace(/^\[|\]$/g, '')) === 0 ? serverName : '',
        ca,
        keepAliveMs: this.#keepAliveMs,
      })
      byOrigin.set(key, pool)
    }
    return pool
  }
}

/** Text that is ASCII stays as it is: it goes out in one piece with the head. */
function bytesOf(text: string): string | Buffer {
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text)
}
