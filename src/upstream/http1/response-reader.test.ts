import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ResponseHead } from './response-head.ts'
import { ResponseReader, type Reading } from './response-reader.ts'

type Read = {
  head?: ResponseHead
  body: string
  pieces: number
  reading: Reading
  ended: boolean
  error?: Error
}

/** Reads pieces of an answer. The reader may write into what it is given, so each is a copy. */
function read(pieces: readonly (string | Buffer)[], method = 'POST'): Read {
  const seen: Read = { body: '', pieces: 0, reading: 'more', ended: false }
  const reader = new ResponseReader(method, {
    head: (head) => void (seen.head = head),
    data(piece) {
      seen.body += piece.toString('latin1')
      seen.pieces++
    },
  })
  try {
    for (const piece of pieces) {
      seen.reading = reader.read(Buffer.from(piece as string, 'latin1'))
      if (seen.reading !== 'more') return seen
    }
    seen.ended = reader.endsWithConnection
  } catch (thrown) {
    seen.error = thrown as Error
  }
  return seen
}

const respond = (lines: readonly string[], body = ''): string =>
  `HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`
const chunked = (body: string): string => respond(['Transfer-Encoding: chunked'], body)
const sized = (length: string | number, body: string): string => respond([`Content-Length: ${length}`], body)

describe('the head of an answer', () => {
  it('gives status and headers: names in lower case, values without the blanks around, repeated ones joined', () => {
    const { head } = read([
      'HTTP/1.1 404 Not \xe9 Found\r\nX-A:  a b\t \r\nx-a:c\r\nempty:\r\nconstructor: d\r\n\r\n',
    ])
    expect(head?.status).toBe(404)
    expect({ ...head?.headers }).toEqual({ 'x-a': 'a b, c', empty: '', constructor: 'd' })
  })

  it('may lack a reason, and headers', () => {
    expect(read(['HTTP/1.1 200\r\n\r\nx']).head?.status).toBe(200)
    expect(read(['HTTP/1.0 200 \r\n\r\nx'])).toMatchObject({ body: 'x', ended: true })
  })

  it.each([
    ['another protocol', 'SSH-2.0\r\n\r\n'],
    ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
    ['HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n'],
    ['small letters', 'http/1.1 200 OK\r\n\r\n'],
    ['a short status', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a long status', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['a status that is no number', 'HTTP/1.1 2x0 OK\r\n\r\n'],
    ['a status below 100', 'HTTP/1.1 099 OK\r\n\r\n'],
    ['two spaces', 'HTTP/1.1  200 OK\r\n\r\n'],
    ['an empty line before it', '\r\nHTTP/1.1 200 OK\r\n\r\n'],
    ['a reason with a control character', 'HTTP/1.1 200 O\x07K\r\n\r\n'],
    ['hints in HTTP/1.0', 'HTTP/1.0 103 Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'],
    ['an unwanted change of protocol', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n'],
  ])('is refused with %s', (_, text) => {
    expect(read([text]).error).toMatchObject({ code: 'ERR_HTTP_SYNTAX' })
  })

  it('is refused from the first wrong byte on, however long the connection stays open', () => {
    expect(read(['HTTP/1']).error).toBeUndefined()
    expect(read(['S']).error).toMatchObject({ code: 'ERR_HTTP_SYNTAX' })
  })

  it.each([
    ['NUL', 'x-a: a\0b'],
    ['a bare CR', 'x-a: a\rb'],
    ['a bare LF', 'x-a: a\nx-b: b'],
    ['DEL', 'x-a: a\x7f'],
    ['a folded line', 'x-a: a\r\n b'],
    ['a folded line with a colon', 'x-a: a\r\n\tx-b: b'],
    ['a blank before the colon', 'Content-Length : 3'],
    ['a blank in a name', 'x a: b'],
    ['no name', ': b'],
    ['no colon', 'x-a'],
    ['a name beyond ASCII', 'x-\xe9: b'],
    ['a NUL in a name', 'x-\0: b'],
  ])('is refused with %s', (_, line) => {
    expect(read([respond([line], 'abc')]).error).toMatchObject({ code: 'ERR_HTTP_SYNTAX' })
  })

  it.each([
    ['two lengths', ['Content-Length: 3', 'Content-Length: 4']],
    ['the same length twice', ['Content-Length: 3', 'content-length: 3']],
    ['a list of lengths', ['Content-Length: 3, 3']],
    ['a negative length', ['Content-Length: -3']],
    ['a length with a sign', ['Content-Length: +3']],
    ['a hexadecimal length', ['Content-Length: 0x3']],
    ['a broken length', ['Content-Length: 3.0']],
    ['an empty length', ['Content-Length:']],
    ['a length in two words', ['Content-Length: 3 3']],
    ['a length beyond all numbers', ['Content-Length: 99999999999999999999']],
    ['a length and chunks', ['Content-Length: 3', 'Transfer-Encoding: chunked']],
    ['chunks and a length', ['Transfer-Encoding: chunked', 'Content-Length: 3']],
    ['chunks twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']],
    ['another coding', ['Transfer-Encoding: gzip, chunked']],
    ['chunks that are not last', ['Transfer-Encoding: chunked, identity']],
    ['something like chunks', ['Transfer-Encoding: xchunked']],
    ['an empty coding', ['Transfer-Encoding:']],
  ])('is refused with %s, even where there is no body', (_, lines) => {
    for (const status of ['200 OK', '204 No', '304 Not', '103 Hints']) {
      const text = respond(lines, '3\r\nabc\r\n0\r\n\r\n').replace('200 OK', status)
      expect(read([text])).toMatchObject({ body: '', error: { code: 'ERR_HTTP_SYNTAX' } })
    }
  })

  it('is refused when it is too large, whole or not, informational ones counted in', () => {
    const large = `x-a: ${'a'.repeat(40_000)}`
    expect(read([sized(0, '')]).error).toBeUndefined()
    expect(read([respond([large])]).error).toBeUndefined()
    const hints = respond([large]).replace('200 OK', '103 Hints')
    for (const text of [
      respond([large, large]),
      respond([large, large]).slice(0, -4),
      hints + respond([large]),
    ]) {
      expect(read([text]).error).toMatchObject({ code: 'ERR_HTTP_HEAD_TOO_LARGE' })
    }
    expect(read(Array<string>(100_000).fill('x: y\r\n').with(0, 'HTTP/1.1 200 OK\r\n')).error).toMatchObject({
      code: 'ERR_HTTP_HEAD_TOO_LARGE',
    })
    expect(read([respond(Array<string>(1_001).fill('x: y'))]).error).toMatchObject({
      code: 'ERR_HTTP_HEAD_TOO_LARGE',
    })
  })

  it.each([
    [[], true],
    [['Connection: close'], false],
    [['Connection: X, Close'], false],
    [['Connection: keep-alive', 'Connection: close'], false],
  ])('says with %j whether the connection stays: %s', (lines, stays) => {
    expect(read([respond(lines)]).head?.persistent).toBe(stays)
  })

  it('of HTTP/1.0 keeps the connection only when it says so, and never with chunks', () => {
    const old = (...lines: string[]) => read([respond(lines).replace('1.1', '1.0')]).head?.persistent
    expect(old()).toBe(false)
    expect(old('Connection: Keep-Alive')).toBe(true)
    expect(old('Connection: Keep-Alive', 'Transfer-Encoding: chunked')).toBe(false)
  })

  it('says how long the connection stays', () => {
    expect(read([respond(['Keep-Alive: max=3, timeout=7'])]).head?.keepAliveMs).toBe(7_000)
    expect(read([respond(['Keep-Alive: timeout=soon'])]).head?.keepAliveMs).toBeUndefined()
  })
})

describe('the body of an answer', () => {
  it('ends with its length, its last chunk or the connection', () => {
    expect(read([sized(3, 'abc')])).toMatchObject({ body: 'abc', reading: 'complete' })
    expect(read([chunked('3\r\nabc\r\n0\r\n\r\n')])).toMatchObject({ body: 'abc', reading: 'complete' })
    expect(read([respond([], 'abc')])).toMatchObject({ body: 'abc', reading: 'more', ended: true })
  })

  it('is not whole when the connection ends before', () => {
    for (const text of [
      sized(4, 'abc'),
      chunked('3\r\nabc\r\n'),
      chunked('3\r\nabc\r\n0\r\n'),
      sized(4, ''),
    ]) {
      expect(read([text])).toMatchObject({ reading: 'more', ended: false })
    }
  })

  it('is empty after HEAD, with 204 and with 304, whatever the headers say', () => {
    for (const lines of [['Content-Length: 5'], ['Transfer-Encoding: chunked'], []]) {
      expect(read([respond(lines)], 'HEAD')).toMatchObject({ body: '', reading: 'complete' })
      for (const status of ['204 No', '304 Not']) {
        const text = respond(lines).replace('200 OK', status)
        expect(read([text])).toMatchObject({ body: '', reading: 'complete' })
      }
    }
  })

  it('is told apart from what follows it', () => {
    const next = 'HTTP/1.1 200 OK\r\n\r\n'
    for (const text of [sized(3, 'abc'), chunked('3\r\nabc\r\n0\r\n\r\n'), sized(0, '')]) {
      expect(read([text + next])).toMatchObject({ reading: 'overrun' })
      expect(read([text + next]).body).not.toContain('HTTP')
    }
  })

  it('comes in chunks of any case and with leading zeros, extensions and trailers', () => {
    const text = '0000A;a="b;c"; d\r\n0123456789\r\n1\r\nx\r\n000\r\nExpires: now\r\nx-y:\r\n\r\n'
    expect(read([chunked(text)])).toMatchObject({ body: '0123456789x', reading: 'complete' })
  })

  it('is handed on in one piece where it came in one, however many chunks it has', () => {
    const text = chunked(`${'3\r\nabc\r\n'.repeat(300)}0\r\n\r\n`)
    expect(read([text])).toMatchObject({ body: 'abc'.repeat(300), pieces: 1 })
    const large = 'x'.repeat(10_000)
    const mixed = chunked(`3\r\nabc\r\n2710\r\n${large}\r\n3\r\ndef\r\n0\r\n\r\n`)
    expect(read([mixed])).toMatchObject({ body: `abc${large}def` })
  })

  it.each([
    ['no size', '\r\nabc\r\n0\r\n\r\n'],
    ['a negative size', '-3\r\nabc\r\n'],
    ['a size with 0x', '0x3\r\nabc\r\n'],
    ['a size that is no number', 'g\r\nabc\r\n'],
    ['a size in two words', '3 3\r\nabc\r\n'],
    ['a blank behind the size', '3 \r\nabc\r\n'],
    ['a blank before the size', ' 3\r\nabc\r\n'],
    ['a size beyond all numbers', 'FFFFFFFFFFFFFFFF\r\nabc\r\n'],
    ['a size that wraps to 3', '10000000000000003\r\nabc\r\n'],
    ['a size that ends in LF', '3\nabc\r\n'],
    ['a size that ends in CR', '3\rabc\r\n'],
    ['a chunk that is longer', '3\r\nabcd\r\n'],
    ['a chunk that ends in LF', '3\r\nabc\n3\r\nabc\r\n'],
    ['a chunk that ends in CR', '3\r\nabc\r3\r\nabc\r\n'],
    ['an extension with LF', '3;a\nb\r\nabc\r\n'],
    ['an extension with NUL', '3;a\0\r\nabc\r\n'],
    ['an extension without end', `3;${'a'.repeat(20_000)}`],
    ['trailers that are another answer', '0\r\nHTTP/1.1 200 OK\r\n\r\n'],
    ['trailers that end in LF', '0\r\nx: y\n\r\n\r\n'],
    ['trailers without end', `0\r\n${'x: y\r\n'.repeat(20_000)}`],
  ])('is refused with %s', (_, body) => {
    expect(read([chunked(body)]).error).toBeInstanceOf(Error)
    expect(read([...chunked(body)]).error).toBeInstanceOf(Error)
  })

  it('is handed on up to a fault in the same read', () => {
    expect(read([chunked('3\r\nabc\r\n3\r\ndef\r\nx\r\n')])).toMatchObject({
      body: 'abcdef',
      error: { code: 'ERR_HTTP_SYNTAX' },
    })
  })
})

describe('an answer in pieces', () => {
  const answers = {
    'by length': sized(12, 'hello, world'),
    'in chunks': chunked('5;x=y\r\nhello\r\n0007\r\n, world\r\n0\r\nX-T: 1\r\n\r\n'),
    'after hints': `HTTP/1.1 103 Hints\r\nlink: </a>\r\n\r\n${sized(12, 'hello, world')}`,
  }

  it.each(Object.entries(answers))('reads the same wherever it is cut: %s', (_, text) => {
    for (let cut = 1; cut < text.length; cut++) {
      const got = read([text.slice(0, cut), text.slice(cut)])
      expect(got).toMatchObject({ body: 'hello, world', reading: 'complete', head: { status: 200 } })
      // Nothing is complete too early.
      expect(read([text.slice(0, cut)])).toMatchObject({ reading: 'more', ended: false })
    }
    expect(read([...text])).toMatchObject({ body: 'hello, world', reading: 'complete' })
  })

  it('reads the same however it is cut', () => {
    const bytes = fc.uint8Array({ maxLength: 40_000, size: 'max' })
    const run = fc.property(
      fc.array(bytes, { maxLength: 8 }),
      fc.array(fc.nat(), { maxLength: 30 }),
      (chunks, cuts) => {
        const parts = chunks.filter((chunk) => chunk.length > 0).map((chunk) => Buffer.from(chunk))
        const body = parts.map((part) => `${part.length.toString(16)}\r\n${part.toString('latin1')}\r\n`)
        const text = chunked(`${body.join('')}0\r\n\r\n`)
        const at = cuts.map((cut) => cut % text.length).toSorted((a, b) => a - b)
        const pieces = [0, ...at].map((from, n) => text.slice(from, at[n] ?? text.length))
        const got = read(pieces.filter((piece) => piece !== ''))
        expect(got.error).toBeUndefined()
        expect(got.reading).toBe('complete')
        expect(got.body === Buffer.concat(parts).toString('latin1')).toBe(true)
      },
    )
    fc.assert(run, { numRuns: 150 })
  })
})
