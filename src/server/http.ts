import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Server as NetServer, type AddressInfo, type Socket } from 'node:net'
import { createAuth } from './auth.ts'
import { Connections } from './connections.ts'
import type { Health } from './health.ts'
import { isLoopbackHost } from './loopback.ts'
import { answerMalformed } from './malformed.ts'
import type { LiveOptions, ServerOptions } from './options.ts'
import { createOriginPolicy } from './origin.ts'
import { serve } from './serve.ts'
import type { Site } from './site.ts'

export type { ClientKey, Handler, LiveOptions, ServerOptions } from './options.ts'
export type { ListedModel, ModelListing } from './models.ts'

export interface HttpServer {
  /**
   * Binds, and tells where. Rejects with Node's error when the address cannot be had, and when it is open to
   * other machines while no keys are set.
   */
  listen(): Promise<{ readonly host: string; readonly port: number }>
  /** Takes new settings for requests to come. */
  update(options: Partial<LiveOptions>): void
  /**
   * Takes no more requests, lets answers finish for `drainMs` milliseconds at most, then cuts them off. With `idleMs`
   * another process goes on serving: connections may ask once more in that time, and are told to come back anew.
   */
  close(options: { readonly drainMs: number; readonly idleMs?: number }): Promise<void>
}

/** Total size of a request's headers in bytes; agents send long lists of betas and metadata. */
const MAX_HEADER_BYTES = 64 * 1024
/** Above the 60 s for which load balancers keep idle connections, so that they close first. */
const KEEP_ALIVE_MS = 75_000
const HEADERS_MS = 60_000
/** Finds clients that vanished without a word, such as a laptop that was shut. */
const PROBE_AFTER_MS = 30_000

/** A server that turns HTTP requests into gateway calls and answers everything else itself. */
export function createHttpServer(initial: ServerOptions): HttpServer {
  const connections = new Connections()
  const startedAt = initial.startedAt ?? initial.now()
  let closing: Promise<void> | undefined
  let state: Health['state'] = 'serving'

  const health = (): Health => ({
    version: initial.version,
    ...(initial.instance !== undefined && { instance: initial.instance }),
    uptimeMs: initial.now() - startedAt,
    state,
    ...(initial.workers !== undefined && { workers: initial.workers() }),
  })
  const siteOf = (options: ServerOptions): Site => ({
    options,
    auth: createAuth(options.keys),
    origins: createOriginPolicy({
      cors: options.cors,
      access: options.keys.length > 0 ? 'keys' : 'loopback',
    }),
    connections,
    health,
    isServing: () => state === 'serving',
  })
  let site = siteOf(initial)

  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_MS,
    // Uploads have an idle timer of their own: a slow link may take its time, a dead one may not.
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: PROBE_AFTER_MS,
    insecureHTTPParser: false,
    // A missing Host gets an answer with a body from us.
    requireHostHeader: false,
  })
  // The count is checked per request and refused aloud; Node would ignore the headers beyond its limit.
  server.maxHeadersCount = 0

  const onRequest = (request: IncomingMessage, response: ServerResponse) => serve(site, request, response)
  server.on('request', onRequest)
  // Without a listener Node would invite the body before anybody has looked at the headers.
  server.on('checkContinue', onRequest)
  server.on('checkExpectation', onRequest)
  server.on('connection', (socket: Socket) => connections.add(socket))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    answerMalformed(error, socket as Socket, connections, site.options),
  )

  const close = async (drainMs: number, idleMs: number | undefined) => {
    state = idleMs === undefined ? 'draining' : 'retiring'
    const closed = new Promise<void>((resolve) => {
      if (idleMs === undefined) server.close(() => resolve())
      // Node's HTTP server cuts idle connections with the listening socket; the one below it does not.
      else NetServer.prototype.close.call(server, () => resolve())
    })
    const timer = setTimeout(() => connections.destroyAll(), drainMs)
    if (idleMs !== undefined) {
      connections.closeAfterNext()
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, idleMs).unref())])
    }
    connections.drain()
    await closed
    clearTimeout(timer)
  }

  return {
    listen: () =>
      new Promise((resolve, reject) => {
        const { host, port, keys } = site.options
        if (keys.length === 0 && !isLoopbackHost(host)) {
          return reject(
            new Error(`Refusing to listen on ${host} without auth.keys: anybody could use this gateway`),
          )
        }
        server.once('error', reject)
        server.listen({ host, port }, () => {
          server.off('error', reject)
          const address = server.address() as AddressInfo
          resolve({ host: address.address, port: address.port })
        })
      }),
    update(options) {
      site = siteOf({ ...site.options, ...options })
    },
    close: ({ drainMs, idleMs }) => (closing ??= close(drainMs, idleMs)),
  }
}
