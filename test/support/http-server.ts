import { afterEach } from 'vitest'
import type { GatewayError } from '../../src/errors.ts'
import type { Call, ClientProtocol, Reply } from '../../src/gateway/call.ts'
import { silentLogger } from '../../src/log.ts'
import { createHttpServer, type HttpServer, type ServerOptions } from '../../src/server/http.ts'

export type TestServer = {
  readonly server: HttpServer
  readonly port: number
  readonly url: string
  /** The calls that reached the gateway, in order. */
  readonly calls: Call[]
}

export type TestServerOptions = Partial<Omit<ServerOptions, 'handler'>> & {
  /** Stands in for the gateway; by default it answers with a JSON echo of the call. */
  readonly handle?: (call: Call, reply: Reply) => Promise<void>
}

const running = new Set<HttpServer>()
afterEach(async () => {
  await Promise.all([...running].map((server) => server.close({ drainMs: 0 })))
  running.clear()
})

/** Starts a server on a free loopback port; it is closed after the test. */
export async function startServer({
  handle = echo,
  ...options
}: TestServerOptions = {}): Promise<TestServer> {
  const calls: Call[] = []
  let ids = 0
  const server = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    bodyLimit: 1024 * 1024,
    cors: [],
    keys: [],
    log: silentLogger,
    models: () => [],
    errorFor: testError,
    newId: () => `request-${(ids += 1)}`,
    now: () => 0,
    version: '9.8.7',
    ...options,
    handler: {
      handle(call, reply) {
        calls.push(call)
        return handle(call, reply)
      },
    },
  })
  running.add(server)
  const { port } = await server.listen()
  return { server, port, url: `http://127.0.0.1:${port}`, calls }
}

/** Answers with what arrived. */
export async function echo(call: Call, reply: Reply): Promise<void> {
  const { protocol, operation, query, requestId, clientKey } = call
  const text = JSON.stringify({
    protocol,
    operation,
    query,
    requestId,
    clientKey,
    body: call.body.toString(),
  })
  reply.head(200, {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(text)),
  })
  reply.write(text)
  reply.end()
}

/** Error bodies in the shapes of the two vendors, as far as these tests look at them. */
function testError(protocol: ClientProtocol, error: GatewayError, requestId: string) {
  const inner = { type: error.code, message: error.message }
  const body =
    protocol === 'messages'
      ? { type: 'error', error: inner, request_id: requestId }
      : { error: { ...inner, param: error.details.param ?? null, code: null } }
  return { status: error.status, headers: { 'content-type': 'application/json' }, body }
}
