import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { anthropicOverloaded } from './failures.ts'
import { startSimulator } from './simulator.ts'
import type { Simulator } from './simulator.ts'

let simulator: Simulator
beforeAll(async () => (simulator = await startSimulator()))
beforeEach(() => simulator.reset())
afterAll(() => simulator.close())

const post = (stream: boolean, signal?: AbortSignal) =>
  fetch(`${simulator.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': 'sk-secret-secret-secret', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({
      model: 'claude-sonnet-4-5',
      max_tokens: 900,
      stream,
      messages: [{ role: 'user', content: 'héllo 🙂' }],
    }),
    ...(signal !== undefined && { signal }),
  })
const events = (text: string) =>
  text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => /^event: (.*)$/m.exec(event)?.[1])

/** What arrives before the end or the break, and how it ended. */
async function drain(response: Response): Promise<{ text: string; broken: boolean; pieces: number }> {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of response.body!) chunks.push(chunk as Uint8Array)
    return { text: Buffer.concat(chunks).toString(), broken: false, pieces: chunks.length }
  } catch {
    return { text: Buffer.concat(chunks).toString(), broken: true, pieces: chunks.length }
  }
}

test('a cut after some events breaks the connection off', async () => {
  simulator.enqueue({ text: 'one two three', faults: { cutAfterEvents: 3 } })
  const { text, broken } = await drain(await post(true))
  expect(broken).toBe(true)
  expect(events(text)).toEqual(['message_start', 'content_block_start', 'ping'])
  expect(await simulator.last.outcome).toBe('cut')
})

test('a cut after some bytes may tear an event', async () => {
  simulator.enqueue({ text: 'x', faults: { cutAfterBytes: 40 } })
  const { text, broken } = await drain(await post(true))
  expect([text.length, broken]).toEqual([40, true])
})

test('an early but clean end lacks the terminal event', async () => {
  simulator.enqueue({ text: 'x', faults: { endAfterEvents: 2 } }, { text: 'x', faults: { noDone: true } })
  expect(events((await drain(await post(true))).text)).toEqual(['message_start', 'content_block_start'])
  const { text, broken } = await drain(await post(true))
  expect([events(text).at(-1), broken]).toEqual(['message_delta', false])
})

test('pieces of three bytes are the same text, split within characters', async () => {
  simulator.enqueue({ text: 'héllo 🙂 wörld', faults: { chunkBytes: 3 } }, { text: 'héllo 🙂 wörld' })
  const split = await drain(await post(true))
  const whole = await drain(await post(true))
  expect(split.text.replaceAll(/Sim\d+/g, '')).toBe(whole.text.replaceAll(/Sim\d+/g, ''))
  expect(split.pieces).toBeGreaterThan(50)
})

test('gzip, another content type, HTML, nothing at all, and errors before and within a stream', async () => {
  simulator.enqueue(
    { text: 'squeezed', faults: { gzip: true } },
    { text: 'x', faults: { contentType: 'application/octet-stream' } },
    { faults: { htmlBody: '<h1>Bad gateway</h1>' } },
    { faults: { emptyBody: true } },
    { error: anthropicOverloaded() },
    {
      text: 'a long enough text to be cut',
      faults: { inStreamError: { ...anthropicOverloaded(), afterEvents: 4 } },
    },
  )
  const gzip = await post(true)
  expect([gzip.headers.get('content-encoding'), await gzip.text()]).toEqual([
    'gzip',
    expect.stringContaining('squeezed'),
  ])
  expect((await post(true)).headers.get('content-type')).toBe('application/octet-stream')
  expect(await (await post(true)).text()).toBe('<h1>Bad gateway</h1>')
  expect(await (await post(true)).text()).toBe('')
  expect((await post(true)).status).toBe(529)
  const failed = await (await post(true)).text()
  expect(events(failed)).toEqual([
    'message_start',
    'content_block_start',
    'ping',
    'content_block_delta',
    'error',
  ])
  expect(failed).toContain('overloaded_error')
})

test('a client that leaves is noticed, and the exchange is over', async () => {
  simulator.enqueue({ text: 'x', faults: { stallAfterEvents: { events: 1 } } })
  const leaving = new AbortController()
  const response = await post(true, leaving.signal)
  await response.body!.getReader().read()
  expect(simulator.open).toBe(1)
  leaving.abort()
  await simulator.last.aborted
  expect(await simulator.last.outcome).toBe('aborted')
  expect(simulator.last.clientClosedAt).toBeTypeOf('number')
  expect(simulator.open).toBe(0)
})

test('responders answer by request; the brain answers the rest; paths of no vendor can be scripted too', async () => {
  simulator.respond(({ body }) => (body.stream === true ? { text: 'for streams' } : undefined))
  simulator.respond(({ path }) =>
    path === '/openai/v1/embeddings' ? { raw: { body: { object: 'list' } } } : undefined,
  )
  expect(await (await post(true)).text()).toContain('for streams')
  expect(await (await post(false)).text()).toContain('[simulated] This is claude-sonnet-4-5')
  const embeddings = await fetch(`${simulator.url}/openai/v1/embeddings`, { method: 'POST', body: '{}' })
  expect(await embeddings.json()).toEqual({ object: 'list' })
  expect((await fetch(`${simulator.url}/nowhere`)).status).toBe(404)
})

test('a recorded request is raw to tests and masked in print', async () => {
  await (await post(false)).text()
  expect(simulator.last.headers['x-api-key']).toBe('sk-secret-secret-secret')
  expect(JSON.stringify(simulator.last)).not.toContain('sk-secret-secret-secret')
  expect(simulator.last.bytes.toString()).toContain('héllo 🙂')
})
