import { once } from 'node:events'
import { createServer, request } from 'node:http'
import {
  connect,
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach } from 'vitest'

const running = new Set<() => Promise<void>>()
afterEach(async () => {
  await Promise.all([...running].map((close) => close()))
  running.clear()
})

/** Listens on a free loopback port until the test ends. */
async function listen(server: Server): Promise<number> {
  const sockets = new Set<Duplex>()
  const keep = (socket: Duplex) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
  }
  server.on('connection', keep).on('secureConnection', keep)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  running.add(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((closed) => server.close(closed))
  })
  return (server.address() as AddressInfo).port
}

/** Something that stands before a server and counts the connections that go through it. */
export type Front = { readonly port: number; readonly connections: number }

/** Passes connections on to a loopback port; with a key and a certificate it speaks TLS towards its clients. */
export async function startFront(
  to: number,
  tls?: { readonly key: string; readonly cert: string },
): Promise<Front> {
  const front = { port: 0, connections: 0 }
  const pass = (socket: Duplex) => {
    front.connections += 1
    join(socket, connect(to, '127.0.0.1'))
  }
  const server = tls === undefined ? createTcpServer(pass) : createTlsServer(tls, pass)
  front.port = await listen(server)
  return front
}

/** A server that takes connections and never says a word. */
export async function startSilence(): Promise<number> {
  return await listen(createTcpServer(() => {}))
}

/** What a proxy was asked for. */
export type Asked = {
  readonly method: string
  /** `host:port` of a tunnel, otherwise the whole URL. */
  readonly target: string
  readonly authorization: string | undefined
}

export type TestProxy = { readonly url: string; readonly port: number; readonly asked: readonly Asked[] }

/**
 * An HTTP proxy. It knows no names but those it is given, with the loopback ports that stand for them; everything else
 * is refused with 502.
 */
export async function startProxy(hosts: Readonly<Record<string, number>>): Promise<TestProxy> {
  const asked: Asked[] = []
  const server = createServer((message, reply) => {
    const target = message.url ?? ''
    asked.push({
      method: message.method ?? '',
      target,
      authorization: message.headers['proxy-authorization'],
    })
    const url = URL.parse(target)
    const port = url === null ? undefined : hosts[url.host]
    if (url === null || port === undefined) return void reply.writeHead(502).end()
    const { method, headers } = message
    const path = url.pathname + url.search
    const onward = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      reply.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(reply)
    })
    message.pipe(onward)
  })
  server.on('connect', (message, socket: Socket) => {
    const target = message.url ?? ''
    asked.push({ method: 'CONNECT', target, authorization: message.headers['proxy-authorization'] })
    const port = hosts[target]
    if (port === undefined) return void socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    join(socket, connect(port, '127.0.0.1'))
  })
  const port = await listen(server)
  return { url: `http://127.0.0.1:${port}`, port, asked }
}

function join(one: Duplex, other: Duplex): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to)
    from.on('error', () => to.destroy()).on('close', () => to.destroy())
  }
}
