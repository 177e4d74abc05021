import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createUpstream } from './client.ts'
import { proxyFor } from './proxy.ts'
import type { UpstreamRequest } from './upstream.ts'

const PROXY = 'http://proxy.example:3128/'

describe('what is reached without the proxy', () => {
  it.each<[except: string, direct: readonly string[], proxied: readonly string[]]>([
    ['*', ['https://anything.example', 'https://[2001:db8::1]:8443'], []],
    [
      'example.com',
      ['https://example.com', 'https://a.b.example.com:8443', 'https://EXAMPLE.com.'],
      ['https://notexample.com', 'https://example.com.evil.test'],
    ],
    ['.example.com', ['https://example.com', 'https://a.example.com'], ['https://notexample.com']],
    ['*.example.com', ['https://a.example.com', 'https://a.b.example.com'], ['https://example.com']],
    ['Example.COM.', ['https://example.com'], []],
    ['https://example.com/', ['https://example.com'], []],
    [
      'example.com:8443',
      ['https://example.com:8443', 'https://a.example.com:8443'],
      ['https://example.com', 'https://example.com:443'],
    ],
    ['example.com:443', ['https://example.com'], ['https://example.com:8443', 'http://example.com']],
    ['*:8080', ['http://any.example:8080'], ['http://any.example']],
    ['10.1.2.3', ['https://10.1.2.3'], ['https://10.1.2.30', 'https://10.1.2.4']],
    ['10.0.0.0/8', ['https://10.255.0.1:9000'], ['https://11.0.0.1', 'https://10.example.com']],
    ['172.16.0.0/12:8443', ['https://172.31.0.1:8443'], ['https://172.31.0.1', 'https://172.32.0.1:8443']],
    ['10.0.0.0/99', [], ['https://10.0.0.1']],
    ['192.168.*', ['https://192.168.7.1'], ['https://192.169.0.1']],
    ['2001:db8::1', ['https://[2001:db8:0::1]:9000'], ['https://[2001:db8::2]']],
    ['[2001:db8::1]:9000', ['https://[2001:db8::1]:9000'], ['https://[2001:db8::1]']],
    ['fd00::/8', ['https://[fd12::1]'], ['https://[fe80::1]']],
    ['a.c', ['https://a.c'], ['https://abc']],
    ['', [], ['https://example.com']],
  ])('%j', (except, direct, proxied) => {
    const rules = { http: PROXY, https: PROXY, except: [except] }
    expect(direct.filter((url) => proxyFor(new URL(url), rules) !== undefined)).toEqual([])
    expect(proxied.filter((url) => proxyFor(new URL(url), rules) === undefined)).toEqual([])
  })

  it('is everything when there is no proxy for the scheme', () => {
    expect(proxyFor(new URL('https://a.example'), { http: PROXY, except: [] })).toBeUndefined()
    expect(proxyFor(new URL('http://a.example'), { https: PROXY, except: [] })).toBeUndefined()
    expect(proxyFor(new URL('http://a.example'), undefined)).toBeUndefined()
  })
})

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

function send(url: string, proxy: string) {
  const upstream = createUpstream()
  cleanups.push(() => upstream.close())
  const request: UpstreamRequest = {
    method: 'POST',
    url,
    headers: {},
    body: '{}',
    timeouts: { connect: 5_000, firstByte: 10_000 },
    network: { proxies: { http: proxy, https: proxy, except: [] } },
    signal: new AbortController().signal,
  }
  return upstream.send(request)
}

describe('a proxy', () => {
  it('is asked for the whole URL where there is no TLS', async () => {
    const asked: unknown[] = []
    const server = http.createServer((message, reply) => {
      asked.push(message.url, message.headers['proxy-authorization'])
      reply.end('by proxy')
    })
    const proxy = (await listen(server)).replace('//', '//me:p%40ss@')
    const response = await send('http://upstream.example/v1/x', proxy)
    expect((await response.bytes(100)).toString()).toBe('by proxy')
    const credentials = Buffer.from('me:p@ss').toString('base64')
    expect(asked).toEqual(['http://upstream.example/v1/x', `Basic ${credentials}`])
  })

  it('is asked for a tunnel where there is, and its refusal told without its credentials', async () => {
    let asked: string | undefined
    let status = 407
    const server = http.createServer().on('connect', (message, socket) => {
      asked = message.url
      socket.end(`HTTP/1.1 ${status} Refused\r\n\r\n`)
    })
    const proxy = (await listen(server)).replace('//', '//me:hunter2@')
    const refused = send('https://upstream.example/v1', proxy)
    await expect(refused).rejects.toThrow(
      /^(?!.*hunter2)upstream\.example \(through the proxy 127\.0\.0\.1:\d+\) .* wants a user name and password/,
    )
    expect(asked).toBe('upstream.example:443')
    status = 403
    await expect(send('https://upstream.example/v1', proxy)).rejects.toThrow(
      /the proxy refused the tunnel \(status 403\)/,
    )
  })

  it('that wants credentials says so without TLS too', async () => {
    const server = http.createServer((_message, reply) => reply.writeHead(407).end())
    await expect(send('http://upstream.example/v1', await listen(server))).rejects.toThrow(
      /wants a user name and password/,
    )
  })

  it('that nobody listens at is named beside the upstream', async () => {
    const server = http.createServer()
    const proxy = await listen(server)
    server.close()
    await expect(send('https://upstream.example/v1', proxy)).rejects.toThrow(
      /upstream\.example \(through the proxy 127.*connection refused/,
    )
  })
})
