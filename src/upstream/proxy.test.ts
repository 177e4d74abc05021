import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createUpstream } from './client.ts'
import type { Upstream, UpstreamRequest } from './upstream.ts'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function listen(server: http.Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function through(proxy: string): Upstream {
  const upstream = createUpstream({ proxy })
  cleanups.push(() => upstream.close())
  return upstream
}

const request = (url: string): UpstreamRequest => ({
  method: 'POST',
  url,
  headers: {},
  body: '{}',
  timeouts: { connect: 5_000, firstByte: 10_000 },
  signal: new AbortController().signal,
})

describe('a proxy', () => {
  it('is asked for the whole URL where there is no TLS', async () => {
    const asked: unknown[] = []
    const server = http.createServer((message, reply) => {
      asked.push(message.url, message.headers['proxy-authorization'])
      reply.end('by proxy')
    })
    const upstream = through((await listen(server)).replace('//', '//me:pass@'))
    const response = await upstream.send(request('http://upstream.example/v1/x'))
    expect((await response.bytes(100)).toString()).toBe('by proxy')
    const credentials = Buffer.from('me:pass').toString('base64')
    expect(asked).toEqual(['http://upstream.example/v1/x', `Basic ${credentials}`])
  })

  it('is asked for a tunnel where there is, and its refusal told', async () => {
    let asked: string | undefined
    const server = http.createServer().on('connect', (message, socket) => {
      asked = message.url
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    })
    const sent = through(await listen(server)).send(request('https://upstream.example/v1'))
    await expect(sent).rejects.toThrow(/proxy refused the tunnel \(status 407\)/)
    expect(asked).toBe('upstream.example:443')
  })
})
