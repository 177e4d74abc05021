import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { pngBase64 } from '../../test/support/png.ts'
import { GatewayError } from '../errors.ts'
import { systemClock } from '../stream/clock.ts'
import type { ByteConsumer } from '../stream/pump.ts'
import {
  DEFAULT_FETCH_LIMITS,
  fetchMedia,
  systemNetwork,
  type FetchDeps,
  type FetchLimits,
} from './fetch-media.ts'
import type { PinnedRequest } from './open-pinned.ts'
import { openPinned } from './open-pinned.ts'
import type { UpstreamResponse } from './upstream.ts'

const PNG = Buffer.from(pngBase64(), 'base64')
const PATH = 'messages[0].content[1]'

type Page = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly pieces?: readonly Buffer[]
  /** The connection breaks after the pieces, or nothing more comes. */
  readonly ending?: 'breaks' | 'hangs'
}

type Web = {
  /** By host; the answers to one look-up after another, the last one again and again. */
  readonly names?: Readonly<Record<string, readonly (readonly string[])[]>>
  readonly pages?: Readonly<Record<string, Page>>
}

/** A network without sockets that records what was asked of it. */
function network({ names = {}, pages = {} }: Web) {
  const asked: PinnedRequest[] = []
  const lookups: string[] = []
  let aborted = 0
  const open = async (request: PinnedRequest): Promise<UpstreamResponse> => {
    asked.push(request)
    const {
      status = 200,
      headers = { 'content-type': 'image/png' },
      pieces = [PNG],
      ending,
    } = pages[request.url.href] ?? { status: 404 }
    let consumer: ByteConsumer | undefined
    let over = false
    const body = {
      start(started: ByteConsumer) {
        consumer = started
        for (const piece of pieces) if (!over) consumer.data(piece)
        if (over || ending === 'hangs') return
        if (ending === 'breaks') consumer.error(new Error('reset'))
        else consumer.end()
      },
      pause() {},
      resume() {},
      abort() {
        over = true
        aborted++
      },
    }
    return { status, headers, body, bytes: () => Promise.reject(new Error('not used')) }
  }
  const resolve = async (name: string): Promise<readonly string[]> => {
    lookups.push(name)
    const answers = names[name]
    const answer = answers?.[Math.min(lookups.filter((one) => one === name).length, answers.length) - 1]
    if (answer === undefined) throw new Error('ENOTFOUND')
    return answer
  }
  const deps: FetchDeps = { open, resolve, clock: systemClock }
  return { deps, asked, lookups, aborts: () => aborted }
}

const fetchFrom = (web: ReturnType<typeof network>, url: string, limits: Partial<FetchLimits> = {}) =>
  fetchMedia(
    { url, path: PATH, signal: new AbortController().signal },
    { ...DEFAULT_FETCH_LIMITS, ...limits },
    web.deps,
  )

const PUBLIC = { 'media.example': [['93.184.216.34']] }

describe('a URL', () => {
  it('is fetched from the address that was checked, with nothing of the client', async () => {
    const url = 'https://media.example/a.png?x=1'
    const web = network({ names: PUBLIC, pages: { [url]: {} } })
    expect(await fetchFrom(web, url)).toEqual({ mimeType: 'image/png', data: pngBase64() })
    expect(web.asked).toHaveLength(1)
    expect(web.asked[0]?.addresses).toEqual(['93.184.216.34'])
    expect(Object.keys(web.asked[0]?.headers ?? {}).toSorted()).toEqual(['accept', 'user-agent'])
  })

  it.each([
    'http://media.example/a.png',
    'ftp://media.example/a.png',
    'file:///etc/passwd',
    'https://user:secret@media.example/a.png',
    'https://user@media.example/a.png',
    'https://media.example:8443/a.png',
    'https://media.example:22/a.png',
    'https://',
    'no URL',
  ])('is not even looked up when it is %s', async (url) => {
    const web = network({ names: PUBLIC })
    await expect(fetchFrom(web, url)).rejects.toMatchObject({
      code: 'invalid-request',
      status: 400,
      details: { param: PATH },
    })
    expect([web.lookups, web.asked]).toEqual([[], []])
  })

  it.each([
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://127.0.0.1./',
    'https://①②⑦.0.0.1/',
    'https://0/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[::]/',
    'https://[64:ff9b::7f00:1]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[fd00:ec2::254]/latest/meta-data/',
    'https://168.63.129.16/machine',
    'https://localhost/',
    'https://LOCALHOST./',
    'https://app.localhost/',
    'https://inside.example/',
    'https://mapped.example/',
    'https://unknown.example/',
  ])('is refused in one wording when it is %s', async (url) => {
    const names = { 'inside.example': [['10.0.0.7', 'fd00::7']], 'mapped.example': [['::ffff:10.0.0.7']] }
    const web = network({ names })
    await expect(fetchFrom(web, url)).rejects.toThrow(
      `${PATH}: the URL could not be fetched: its host has no public address; send the bytes as base64 instead`,
    )
    expect(web.asked).toEqual([])
  })

  it('is connected to at its public addresses only', async () => {
    const names = { 'mixed.example': [['10.0.0.1', '93.184.216.34', '::1']] }
    const web = network({ names, pages: { 'https://mixed.example/': {} } })
    await fetchFrom(web, 'https://mixed.example/')
    expect(web.asked[0]?.addresses).toEqual(['93.184.216.34'])
  })

  it('is looked up once, so that a name that changes its meaning gains nothing', async () => {
    const names = { 'rebind.example': [['93.184.216.34'], ['127.0.0.1']] }
    const web = network({ names, pages: { 'https://rebind.example/': {} } })
    await fetchFrom(web, 'https://rebind.example/')
    expect(web.lookups).toEqual(['rebind.example'])
    expect(web.asked[0]?.addresses).toEqual(['93.184.216.34'])
  })
})

describe('a redirect', () => {
  const to = (location: string): Page => ({ status: 302, headers: { location } })

  it('is followed, relative ones too', async () => {
    const web = network({
      names: { ...PUBLIC, 'cdn.example': [['93.184.216.35']] },
      pages: {
        'https://media.example/a': to('/b'),
        'https://media.example/b': to('https://cdn.example/c'),
        'https://cdn.example/c': {},
      },
    })
    expect((await fetchFrom(web, 'https://media.example/a')).mimeType).toBe('image/png')
    expect(web.asked.map(({ addresses }) => addresses)).toEqual([
      ['93.184.216.34'],
      ['93.184.216.34'],
      ['93.184.216.35'],
    ])
    expect(web.aborts()).toBe(2)
  })

  it.each([
    'https://127.0.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[::ffff:169.254.169.254]/',
    'https://inside.example/',
    'http://media.example/a.png',
    'https://user:pass@media.example/',
    'https://media.example:8080/',
    'file:///etc/passwd',
    '//127.0.0.1/',
  ])('to %s is not followed', async (location) => {
    const web = network({
      names: { ...PUBLIC, 'inside.example': [['192.168.0.1']] },
      pages: { 'https://media.example/a': to(location) },
    })
    await expect(fetchFrom(web, 'https://media.example/a')).rejects.toThrow(/messages\[0\]\.content\[1\]/)
    expect(web.asked).toHaveLength(1)
  })

  it('to the same name is checked anew', async () => {
    const web = network({
      names: { 'rebind.example': [['93.184.216.34'], ['127.0.0.1']] },
      pages: { 'https://rebind.example/a': to('/b'), 'https://rebind.example/b': {} },
    })
    await expect(fetchFrom(web, 'https://rebind.example/a')).rejects.toThrow('no public address')
    expect(web.asked).toHaveLength(1)
  })

  it('leads from elsewhere to this machine in no mode', async () => {
    const web = network({ names: PUBLIC, pages: { 'https://media.example/a': to('http://127.0.0.1:9/') } })
    await expect(fetchFrom(web, 'https://media.example/a', { reach: 'loopback' })).rejects.toThrow('https')
    expect(web.asked).toHaveLength(1)
  })

  it('is given up after three', async () => {
    const web = network({ names: PUBLIC, pages: { 'https://media.example/a': to('/a') } })
    await expect(fetchFrom(web, 'https://media.example/a')).rejects.toThrow('more than 3 times')
    expect(web.asked).toHaveLength(4)
  })
})

describe('an answer', () => {
  const url = 'https://media.example/a'
  const serving = (page: Page) => network({ names: PUBLIC, pages: { [url]: page } })

  it.each<[what: string, page: Page, reason: string]>([
    ['an error', { status: 403 }, 'its server answered 403'],
    ['a redirect to nowhere', { status: 302, headers: {} }, 'its server answered 302'],
    ['a film', { headers: { 'content-type': 'video/mp4' } }, 'neither an image, a PDF nor text'],
    [
      'a sign-in page in place of a picture',
      { headers: { 'content-type': 'image/png' }, pieces: [Buffer.from('<html>')] },
      'neither',
    ],
    ['nothing', { pieces: [] }, 'it is empty'],
    ['half of it', { ending: 'breaks' }, 'broke off'],
    ['a size beyond the limit', { headers: { 'content-length': '100000000' } }, 'larger than'],
  ])('of %s is refused', async (_, page, reason) => {
    await expect(fetchFrom(serving(page), url)).rejects.toThrow(reason)
  })

  it('is read no further than the limit, whatever its length is said to be', async () => {
    const piece = Buffer.alloc(1000)
    const web = serving({
      headers: { 'content-type': 'image/png', 'content-length': '10' },
      pieces: Array.from({ length: 50 }, () => piece),
      ending: 'hangs',
    })
    await expect(fetchFrom(web, url, { size: 3000 })).rejects.toThrow('larger than 3000 bytes')
    expect(web.aborts()).toBe(1)
  })

  it('that never ends is given up', async () => {
    await expect(fetchFrom(serving({ ending: 'hangs' }), url, { timeoutMs: 20 })).rejects.toThrow(
      'did not arrive within 20 ms',
    )
  })

  it('nobody waits for any more is no fault of the request', async () => {
    const client = new AbortController()
    const web = serving({ ending: 'hangs' })
    const fetching = fetchMedia({ url, path: PATH, signal: client.signal }, DEFAULT_FETCH_LIMITS, web.deps)
    client.abort()
    await expect(fetching).rejects.toMatchObject({ code: 'client-closed' })
  })

  it('may be stopped by whoever counts its bytes', async () => {
    const enough = new GatewayError('invalid-request', 'enough')
    const web = serving({})
    const stop = () => {
      throw enough
    }
    const request = { url, path: PATH, signal: new AbortController().signal, onBytes: stop }
    await expect(fetchMedia(request, DEFAULT_FETCH_LIMITS, web.deps)).rejects.toBe(enough)
    expect(web.aborts()).toBe(1)
  })
})

describe('over real sockets', () => {
  const servers: Server[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections()
      server.close()
    }
  })

  async function serve(listener: RequestListener): Promise<number> {
    const server = createServer(listener).listen(0, '127.0.0.1')
    servers.push(server)
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }

  const image: RequestListener = (request, response) => {
    response.setHeader('content-type', 'image/png')
    response.end(request.headers.cookie === undefined ? PNG : undefined)
  }

  it('a name is connected to at its pinned address, and named in the request', async () => {
    let host: string | undefined
    const port = await serve((request, response) => {
      host = request.headers.host
      image(request, response)
    })
    const response = await openPinned({
      url: new URL(`http://media.invalid:${port}/a.png`),
      addresses: ['127.0.0.1'],
      headers: {},
      timeouts: { connect: 5000, firstByte: 5000 },
      signal: new AbortController().signal,
    })
    expect(await response.bytes(1000)).toEqual(PNG)
    expect(host).toBe(`media.invalid:${port}`)
  })

  const request = (url: string) => ({ url, path: PATH, signal: new AbortController().signal })
  const deps = { ...systemNetwork, clock: systemClock }

  it('this machine is asked where that is allowed, by address and by name', async () => {
    const port = await serve(image)
    const limits: FetchLimits = { ...DEFAULT_FETCH_LIMITS, reach: 'loopback' }
    for (const host of ['127.0.0.1', 'localhost'])
      expect((await fetchMedia(request(`http://${host}:${port}/a`), limits, deps)).data).toBe(pngBase64())
  })

  it('a body that is slow and endless is cut by the size or by the time', async () => {
    let closed = 0
    const port = await serve((_, response) => {
      response.setHeader('content-type', 'image/png')
      const timer = setInterval(() => response.write(Buffer.alloc(1000)), 5)
      response.on('close', () => {
        clearInterval(timer)
        closed++
      })
    })
    const url = `http://127.0.0.1:${port}/`
    const limits: FetchLimits = { ...DEFAULT_FETCH_LIMITS, reach: 'loopback' }
    await expect(fetchMedia(request(url), { ...limits, size: 5000 }, deps)).rejects.toThrow('larger')
    await expect(fetchMedia(request(url), { ...limits, timeoutMs: 50 }, deps)).rejects.toThrow('50 ms')
    await expect.poll(() => closed).toBe(2)
  })

  it('a server that is not there is told without its address or port', async () => {
    const port = await serve(image)
    servers[0]?.close()
    const limits: FetchLimits = { ...DEFAULT_FETCH_LIMITS, reach: 'loopback' }
    const failed = fetchMedia(request(`http://127.0.0.1:${port}/`), limits, deps)
    await expect(failed).rejects.toThrow('its server could not be reached, or broke off')
    await expect(failed).rejects.not.toThrow(String(port))
  })
})
