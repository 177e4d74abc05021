import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createUpstream } from '../client.ts'
import type { Upstream } from '../upstream.ts'
import { ResponseReader } from './response-reader.ts'

/** An answer as it goes over the wire, and whether the connection ends with it. */
type Script = { readonly pieces: readonly string[]; readonly hangUp: boolean }

let script: Script = { pieces: [], hangUp: false }
const sockets = new Set<Socket>()
const server = net.createServer((socket) => {
  sockets.add(socket)
  socket.setNoDelay(true)
  socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  socket.on('data', async () => {
    const { pieces, hangUp } = script
    for (const piece of pieces) {
      if (socket.destroyed) return
      socket.write(piece, 'latin1')
      // Lets the other side read what has been written.
      await new Promise((resolve) => setImmediate(resolve))
    }
    if (hangUp) socket.end()
  })
})
const clients: Record<'own' | 'undici', Upstream> = {
  own: createUpstream({ transport: 'own' }),
  undici: createUpstream({ transport: 'undici' }),
}
let url = ''

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})

afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  server.close()
  await Promise.all(Object.values(clients).map((client) => client.close()))
})

type Outcome = { status: number; headers: Record<string, string>; body: string } | { code: string }

async function ask(name: 'own' | 'undici', wanted: Script, method: 'POST' | 'HEAD'): Promise<Outcome> {
  script = wanted
  try {
    const response = await clients[name].send({
      method,
      url,
      headers: {},
      timeouts: { connect: 5_000, firstByte: 5_000 },
      signal: new AbortController().signal,
    })
    const body = (await response.bytes(1_000_000)).toString('latin1')
    return { status: response.status, headers: withoutTabs(response.headers), body }
  } catch (thrown) {
    return { code: (thrown as { code: string }).code }
  }
}

/** llhttp leaves tabs at the end of a value, which by RFC 9110, section 5.5, are no part of it. */
const withoutTabs = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.replace(/[\t ]*(?=,|$)/g, '')]),
  )

function overruns(text: string): boolean {
  try {
    const reader = new ResponseReader('POST', { head: () => {}, data: () => {} })
    return reader.read(Buffer.from(text, 'latin1')) === 'overrun'
  } catch {
    return false
  }
}

const bytes = (minLength: number, maxLength: number, of: readonly string[]) =>
  fc.array(fc.constantFrom(...of), { minLength, maxLength }).map((list) => list.join(''))
const every = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => String.fromCharCode(from + n))

const token = bytes(1, 12, [...'!#$%&*+-.^_|~09azAZ'])
const fieldText = bytes(0, 20, ['\t', ...every(0x20, 0x7e), ...every(0x80, 0xff)])
const field = fc.tuple(
  token.map((name) => `x-${name}`),
  fc.constantFrom('', ' ', '\t', '  '),
  fieldText,
)
const payload = bytes(0, 60, every(0, 0xff))
const extension = fc.oneof(
  fc.constant(''),
  bytes(1, 8, [...'abc019']).map((name) => `;${name}=1`),
)

/** A body with the headers that frame it. */
const framed = fc.oneof(
  payload.map((body) => ({ header: `Content-Length: ${body.length}\r\n`, body, hangUp: false })),
  fc.array(fc.tuple(payload, extension, fc.boolean()), { maxLength: 6 }).map((chunks) => {
    const body = chunks
      .filter(([chunk]) => chunk !== '')
      .map(([chunk, tail, large]) => {
        const size = chunk.length.toString(16)
        return `${large ? `00${size.toUpperCase()}` : size}${tail}\r\n${chunk}\r\n`
      })
    return { header: 'Transfer-Encoding: Chunked\r\n', body: `${body.join('')}0\r\n\r\n`, hangUp: false }
  }),
  payload.map((body) => ({ header: '', body, hangUp: true })),
)

const answer = fc
  .record({
    hints: fc.boolean(),
    status: fc.constantFrom(200, 201, 204, 304, 307, 400, 404, 429, 500, 503, 529),
    fields: fc.array(field, { maxLength: 6 }),
    closing: fc.boolean(),
    framed,
  })
  .map(({ hints, status, fields, closing, framed: { header, body, hangUp } }) => {
    const lines = fields.map(([name, blank, value]) => `${name}:${blank}${value}\r\n`).join('')
    const bare = status === 204 || status === 304
    const close = closing || hangUp ? 'Connection: close\r\n' : ''
    const head = `HTTP/1.1 ${status} Words\r\n${lines}${bare ? '' : header}${close}\r\n`
    const before = hints ? 'HTTP/1.1 103 Hints\r\nlink: </a>\r\n\r\n' : ''
    return { text: before + head + (bare ? '' : body), hangUp: closing || hangUp }
  })

const cut = (text: string, cuts: readonly number[]): readonly string[] => {
  const at = cuts.map((place) => place % text.length).toSorted((a, b) => a - b)
  return [0, ...at].map((from, n) => text.slice(from, at[n] ?? text.length)).filter((piece) => piece !== '')
}
const cuts = fc.array(fc.nat(), { maxLength: 12 })

describe('our own client and undici', () => {
  it('read valid answers alike, wherever they are cut', async () => {
    const run = fc.asyncProperty(answer, cuts, async ({ text, hangUp }, places) => {
      const wanted = { pieces: cut(text, places), hangUp }
      const own = await ask('own', wanted, 'POST')
      expect(own).toHaveProperty('status')
      expect(own).toEqual(await ask('undici', wanted, 'POST'))
    })
    await expect(fc.assert(run, { numRuns: 250 })).resolves.toBeUndefined()
  }, 60_000)

  it('disagree about damaged answers only where ours refuses', async () => {
    const damage = fc.record({
      at: fc.nat(),
      remove: fc.nat({ max: 2 }),
      insert: fc.constantFrom('', '\r', '\n', '\0', ' ', '\t', ':', ',', '0', '-', '\r\n', 'x', ';', '\x7f'),
    })
    const run = fc.asyncProperty(answer, damage, cuts, async ({ text }, { at, remove, insert }, places) => {
      const place = at % text.length
      const damaged = text.slice(0, place) + insert + text.slice(place + remove)
      // undici takes an unasked-for 100 for a fault; RFC 9110, section 15.2, wants it passed over.
      if (damaged === '' || / 100 /.test(damaged)) return
      // We pass over chunk extensions whatever they say; llhttp wants them to be well formed.
      if (/\r\n[0-9a-f]+;(?!\w+=\w+\r\n)/i.test(damaged)) return
      // A blank behind a framing header's value is no part of it (RFC 9110, section 5.6.3), but to undici and llhttp.
      if (/^(?:content-length|transfer-encoding|connection):[^\r\n]*(?:\t| \r)/im.test(damaged)) return
      // Bytes behind the end break the answer in undici when they come early enough; for ours they are no part of it.
      if (overruns(damaged)) return
      // Hung up, so that what lacks its end does not wait for it.
      const wanted = { pieces: cut(damaged, places), hangUp: true }
      const own = await ask('own', wanted, 'POST')
      const undici = 'status' in own ? await ask('undici', wanted, 'POST') : own
      expect(own).toEqual(undici)
    })
    await expect(fc.assert(run, { numRuns: 400 })).resolves.toBeUndefined()
  }, 60_000)
})
