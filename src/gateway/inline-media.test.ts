import { describe, expect, it } from 'vitest'
import { invalidRequest } from '../errors.ts'
import type { MediaPart, Part } from '../ir/part.ts'
import type { ModelRequest } from '../ir/request.ts'
import { chatDialect } from '../protocols/chat/dialect.ts'
import { geminiDialect } from '../protocols/gemini/dialect.ts'
import { messagesDialect } from '../protocols/messages/dialect.ts'
import type { CommonDialect } from '../protocols/protocol.ts'
import type { FetchMedia, MediaRequest } from '../upstream/fetch-media.ts'
import { inlineMedia } from './inline-media.ts'

const url = (address: string, media: MediaPart['media'] = 'image'): MediaPart => ({
  kind: 'media',
  media,
  source: { type: 'url', url: address },
})
const ask = (...parts: Part[]): ModelRequest => ({
  model: 'm',
  stream: false,
  turns: [{ role: 'user', parts }],
  tools: [],
})
const IMAGE = { mimeType: 'image/png', data: 'iVBORw0KGgo=' }
const bytes = { type: 'base64', ...IMAGE }

function setUp(dialect: CommonDialect, answer: (request: MediaRequest) => typeof IMAGE = () => IMAGE) {
  const asked: MediaRequest[] = []
  const most = { now: 0, ever: 0 }
  const fetch: FetchMedia = async (request) => {
    asked.push(request)
    most.ever = Math.max(most.ever, ++most.now)
    await new Promise((resolve) => setImmediate(resolve))
    most.now--
    return answer(request)
  }
  const signal = new AbortController().signal
  return { asked, most, inline: (request: ModelRequest) => inlineMedia(request, { dialect, fetch, signal }) }
}

const NONE: CommonDialect = { ...messagesDialect, urlMedia: 'none' }

describe('media by URL', () => {
  it.each<[what: string, dialect: CommonDialect, image: boolean, document: boolean]>([
    ['Messages', messagesDialect, false, false],
    ['Messages that fetch nothing', NONE, true, true],
    ['Chat', chatDialect, false, true],
    ['Gemini', geminiDialect, true, true],
  ])('becomes bytes where %s cannot fetch it', async (_, dialect, image, document) => {
    const { asked, inline } = setUp(dialect)
    await inline(ask(url('https://a.example/i'), url('https://a.example/d', 'document')))
    expect(asked.map((request) => request.url)).toEqual([
      ...(image ? ['https://a.example/i'] : []),
      ...(document ? ['https://a.example/d'] : []),
    ])
  })

  it('is left to the upstream or the encoder where it is no image, document or web address', async () => {
    const { asked, inline } = setUp(geminiDialect)
    const request = ask(
      url('data:image/png;base64,AAAA'),
      url('gs://bucket/a.png'),
      url('https://generativelanguage.googleapis.com/v1beta/files/abc'),
      url('https://youtu.be/abc', 'document'),
      url('https://a.example/a.mp4', 'video'),
      url('https://a.example/a.mp3', 'audio'),
    )
    expect((await inline(request)).request).toBe(request)
    expect(asked).toEqual([])
  })

  it('is replaced wherever it stands, and everything around it stays', async () => {
    const { asked, inline } = setUp(NONE)
    const text: Part = { kind: 'text', text: 'look' }
    const request = ask(
      text,
      { kind: 'tool-result', callId: 'c', content: [text, { ...url('https://a.example/1'), detail: 'low' }] },
      {
        kind: 'media',
        media: 'document',
        source: { type: 'parts', parts: [url('https://a.example/2'), text] },
      },
    )
    const { request: inlined, dropped } = await inline(request)
    expect(inlined.turns[0]?.parts).toEqual([
      text,
      {
        kind: 'tool-result',
        callId: 'c',
        content: [text, { kind: 'media', media: 'image', detail: 'low', source: bytes }],
      },
      {
        kind: 'media',
        media: 'document',
        source: { type: 'parts', parts: [{ kind: 'media', media: 'image', source: bytes }, text] },
      },
    ])
    expect(asked.map(({ path }) => path)).toEqual([
      'messages[0].content[1].content[1]',
      'messages[0].content[2].source.content[0]',
    ])
    expect(dropped.map(({ path, reason, content }) => [path, reason, content])).toEqual([
      ['messages[0].content[1].content[1]', 'approximated', undefined],
      ['messages[0].content[2].source.content[0]', 'approximated', undefined],
    ])
  })

  it('is fetched once however often it stands there, and four at a time', async () => {
    const { asked, most, inline } = setUp(NONE)
    const parts = Array.from({ length: 30 }, (_, index) => url(`https://a.example/${index % 10}`))
    const { request } = await inline(ask(...parts))
    expect(asked).toHaveLength(10)
    expect(most.ever).toBe(4)
    expect(request.turns[0]?.parts.map((part) => part.kind === 'media' && part.source)).toEqual(
      Array.from({ length: 30 }, () => bytes),
    )
  })

  it('that is a text becomes a text, and a document that is a picture an image', async () => {
    const text = { mimeType: 'text/markdown', data: Buffer.from('# Grüße').toString('base64') }
    const { inline } = setUp(NONE, (request) => (request.url.endsWith('t') ? text : IMAGE))
    const parts = [url('https://a.example/t', 'document'), url('https://a.example/i', 'document')]
    expect((await inline(ask(...parts))).request.turns[0]?.parts).toEqual([
      {
        kind: 'media',
        media: 'document',
        source: { type: 'text', mimeType: 'text/markdown', text: '# Grüße' },
      },
      { kind: 'media', media: 'image', source: bytes },
    ])
  })
})

describe('a request is refused', () => {
  const pathOf = (index: number) => `messages[0].content[${index}]`

  it('when an image is none', async () => {
    const { inline } = setUp(NONE, () => ({ mimeType: 'text/html', data: '' }))
    await expect(inline(ask(url('https://a.example/i')))).rejects.toMatchObject({
      code: 'invalid-request',
      message: `${pathOf(0)}: the URL does not lead to an image but to text/html`,
      details: { param: pathOf(0) },
    })
  })

  it('by the first URL that fails, and the others are given up', async () => {
    const { asked, inline } = setUp(NONE, ({ path }) => {
      if (path === pathOf(1)) throw invalidRequest(`${path}: gone`, path)
      return IMAGE
    })
    const parts = Array.from({ length: 20 }, (_, index) => url(`https://a.example/${index}`))
    await expect(inline(ask(...parts))).rejects.toThrow(`${pathOf(1)}: gone`)
    expect(asked.every(({ signal }) => signal.aborted)).toBe(true)
    const soFar = asked.length
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    expect([soFar < 20, asked.length]).toEqual([true, soFar])
  })

  it('when its URLs hold too much together, each counted as often as it stands there', async () => {
    const { inline } = setUp(NONE, ({ onBytes }) => {
      onBytes?.(10 * 1024 * 1024)
      return IMAGE
    })
    const times = (count: number) => ask(...Array.from({ length: count }, () => url('https://a.example/i')))
    await expect(inline(times(5))).resolves.toBeDefined()
    await expect(inline(times(6))).rejects.toThrow('the URLs of this request hold more than')
  })

  it('when it names too many', async () => {
    const { asked, inline } = setUp(NONE)
    const parts = Array.from({ length: 101 }, (_, index) => url(`https://a.example/${index}`))
    await expect(inline(ask(...parts))).rejects.toThrow('more than 100 URLs')
    expect(asked).toEqual([])
  })
})

it('leaves everything as it is where nothing may be fetched', async () => {
  const request = ask(url('https://a.example/i'))
  const signal = new AbortController().signal
  const inlined = await inlineMedia(request, { dialect: NONE, fetch: undefined, signal })
  expect(inlined).toEqual({ request, dropped: [] })
})
