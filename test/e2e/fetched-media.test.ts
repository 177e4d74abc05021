import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { startGateway } from '../support/gateway.ts'
import { pdfBase64 } from '../support/pdf.ts'
import { pngBase64 } from '../support/png.ts'

const config = (fetchUrls: string) => `
server: { fetchUrls: ${fetchUrls} }
retries: 0
providers:
  openai: { type: openai, baseUrl: "$UPSTREAM/v1", apiKey: openai-key-1, protocol: chat }
  shy:    { type: openai, baseUrl: "$UPSTREAM/v1", apiKey: openai-key-1, protocol: chat, dialect: { urlMedia: none } }
models:
  "*": openai/gpt-4.1
`

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** A web server on loopback, and the headers of what it was asked. */
async function serve(listener: RequestListener): Promise<{ url: string; asked: IncomingHttpHeaders[] }> {
  const asked: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    asked.push(request.headers)
    listener(request, response)
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

const answering =
  (type: string, base64: string): RequestListener =>
  (_, response) =>
    response.writeHead(200, { 'content-type': type }).end(Buffer.from(base64, 'base64'))

const post = (url: string, model: string, ...messages: object[]) =>
  ask(`${url}/v1/messages`, {
    headers: { authorization: 'Bearer secret-of-the-client', cookie: 'session=1' },
    body: JSON.stringify({ model, max_tokens: 100, messages }),
  })

const user = (...content: object[]) => ({ role: 'user', content })
const media = (type: 'image' | 'document', url: string) => ({ type, source: { type: 'url', url } })
const text = { type: 'text', text: 'What is this?' }

describe('media by URL', () => {
  it('reaches an upstream that cannot fetch it as bytes, and its server learns nothing of the client', async () => {
    const web = await serve(answering('application/octet-stream', pdfBase64()))
    const { url, simulator } = await startGateway({ config: config('loopback') })
    const answer = await post(url, 'gpt-4.1', user(media('document', `${web.url}/a.pdf`), text))
    expect([answer.status, answer.headers['x-dragoman-dropped']]).toEqual([
      200,
      expect.stringContaining('messages[0].content[0]'),
    ])
    expect(simulator.last.body['messages']).toMatchObject([
      {
        content: [{ type: 'file', file: { file_data: `data:application/pdf;base64,${pdfBase64()}` } }, text],
      },
    ])
    expect(Object.keys(web.asked[0] ?? {}).toSorted()).toEqual([
      'accept',
      'accept-encoding',
      'connection',
      'host',
      'user-agent',
    ])
  })

  it('is the same in the next turn though its server shows something else', async () => {
    let served = 0
    const web = await serve((request, response) =>
      answering('image/png', pngBase64({ rgb: [served++, 0, 0] }))(request, response),
    )
    const { url, simulator } = await startGateway({ config: config('loopback') })
    const first = user(
      { type: 'tool_result', tool_use_id: 'call_1', content: [media('image', `${web.url}/live.png`)] },
      text,
    )
    const call = {
      role: 'assistant',
      content: [{ type: 'tool_use', id: 'call_1', name: 'look', input: {} }],
    }
    const start = [user(text), call, first]
    const reply = { role: 'assistant', content: 'A square.' }
    expect((await post(url, 'shy/gpt-4.1', ...start)).status).toBe(200)
    expect((await post(url, 'shy/gpt-4.1', ...start, reply, user(text))).status).toBe(200)
    const [one, two] = simulator.requests.map(({ body }) => body['messages'] as unknown[])
    expect(JSON.stringify(one)).toContain(pngBase64({ rgb: [0, 0, 0] }))
    expect(two?.slice(0, one?.length)).toEqual(one)
    expect(served).toBe(1)
  })

  it('that an upstream fetches itself is left to it', async () => {
    const { url, simulator } = await startGateway({ config: config('public') })
    const image = 'https://media.invalid/a.png'
    expect((await post(url, 'gpt-4.1', user(media('image', image), text))).status).toBe(200)
    expect(simulator.last.body['messages']).toMatchObject([
      { content: [{ type: 'image_url', image_url: { url: image } }, text] },
    ])
  })

  it.each([
    ['public', 'http://127.0.0.1:1/a.pdf', 'only https is fetched'],
    ['public', 'https://169.254.169.254/latest/meta-data', 'its host has no public address'],
    ['loopback', 'http://169.254.169.254/latest/meta-data', 'only https is fetched'],
    ['never', 'https://media.invalid/a.pdf', 'takes no documents by URL'],
  ])('is refused under %s from %s', async (fetchUrls, document, reason) => {
    const { url, simulator } = await startGateway({ config: config(fetchUrls) })
    const answer = await post(url, 'gpt-4.1', user(text, media('document', document)))
    expect(answer.status).toBe(400)
    expect(answer.json.error).toMatchObject({
      type: 'invalid_request_error',
      message: expect.stringMatching(new RegExp(`messages\\[0\\]\\.content\\[1\\].*${reason}`)),
    })
    expect(simulator.requests).toEqual([])
  })

  it('is fetched no longer when the client has gone', async () => {
    const closed = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const web = await serve((_, response) => {
      response.on('close', closed.resolve)
      asked.resolve()
    })
    const { url, simulator } = await startGateway({ config: config('loopback') })
    const client = new AbortController()
    const messages = [user(media('document', `${web.url}/slow.pdf`))]
    const fetching = fetch(`${url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4.1', max_tokens: 100, messages }),
      signal: client.signal,
    })
    await asked.promise
    client.abort()
    await expect(fetching).rejects.toThrow('abort')
    await closed.promise
    expect(simulator.requests).toEqual([])
  })
})
