import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import tls, { type TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { hasOpenssl, makeAuthority, type Authority } from '../../../test/support/certificates.ts'
import { upstreamClient, upstreamRequest } from '../../../test/support/upstream.ts'
import type { UpstreamRequest } from '../upstream.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const ANSWER = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'

describe.skipIf(!hasOpenssl)('TLS', () => {
  let authority: Authority
  beforeAll(() => void (authority = makeAuthority()))
  afterAll(() => authority.close())

  async function serve(
    ...names: string[]
  ): Promise<{ port: number; sockets: TLSSocket[]; resumed: boolean[] }> {
    const sockets: TLSSocket[] = []
    const resumed: boolean[] = []
    const options = { ...authority.issue(...names), ALPNProtocols: ['h2', 'http/1.1'] }
    const server = tls.createServer(options, (socket) => {
      sockets.push(socket)
      resumed.push(socket.isSessionReused())
      socket.on('error', () => {}).once('data', () => socket.write(ANSWER))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    return { port: (server.address() as AddressInfo).port, sockets, resumed }
  }

  const client = () => upstreamClient({ transport: 'own' })

  const request = (url: string, change: Partial<UpstreamRequest> = {}) =>
    upstreamRequest(url, { network: { ca: authority.ca }, ...change })

  it('names the server, speaks HTTP/1.1 only, and resumes its session on the next connection', async () => {
    const { port, sockets, resumed } = await serve('localhost')
    const upstream = client()
    for (let n = 0; n < 2; n++) {
      const response = await upstream.send(request(`https://localhost:${port}/`))
      expect((await response.bytes(10)).toString()).toBe('ok')
    }
    expect(sockets).toHaveLength(2)
    expect(sockets[0]).toMatchObject({ servername: 'localhost', alpnProtocol: 'http/1.1' })
    expect(resumed).toEqual([false, true])
  })

  it('takes a certificate for an address where the address is asked for', async () => {
    const { port } = await serve('127.0.0.1')
    const response = await client().send(request(`https://127.0.0.1:${port}/`))
    expect(response.status).toBe(200)
  })

  it('refuses a certificate for another name, or of an authority that nobody named', async () => {
    const { port } = await serve('acme.test')
    const upstream = client()
    const url = `https://localhost:${port}/`
    await expect(upstream.send(request(url))).rejects.toThrow(/for another name/)
    // With the name that the request says, it is the right one.
    expect((await upstream.send(request(url, { headers: { host: 'acme.test' } }))).status).toBe(200)
    await expect(upstream.send(request(url, { network: {} }))).rejects.toThrow(/not trusted/)
  })
})
