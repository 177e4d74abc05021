import { describe, expect, test } from 'vitest'
import { ask } from '../../test/support/ask.ts'
import { rawClient } from '../../test/support/raw-client.ts'
import { startServer } from '../../test/support/http-server.ts'
import { barePath, matchRoute } from './routes.ts'

function targetOf(method: string, path: string) {
  const match = matchRoute(method, path)
  return match.found ? { ...match.route.target, id: match.id } : match.allow
}

describe('finding a route', () => {
  test.each(['/v1/messages', '/messages', '/v1/v1/messages', '/v1/messages/', '//v1//messages'])(
    '%s leads to Messages',
    (path) => {
      expect(targetOf('POST', path)).toMatchObject({ protocol: 'messages', operation: 'generate' })
    },
  )

  test('each protocol has its path', () => {
    expect(targetOf('POST', '/v1/messages/count_tokens')).toMatchObject({ operation: 'count-tokens' })
    expect(targetOf('POST', '/v1/chat/completions')).toMatchObject({ protocol: 'chat' })
    expect(targetOf('POST', '/v1/responses')).toMatchObject({ protocol: 'responses' })
    expect(targetOf('POST', '/v1/completions')).toMatchObject({ protocol: 'completions' })
  })

  test.each([
    ['/v1/models/gpt-big', 'gpt-big'],
    ['/v1/models/azure/gpt-big', 'azure/gpt-big'],
    ['/models/azure%2Fgpt-big', 'azure/gpt-big'],
    ['/v1/models/ollama/qwen3:8b', 'ollama/qwen3:8b'],
    ['/v1/models/caf%C3%A9/', 'café'],
    ['/v1/models/100%', '100%'],
    ['/v1/models/v1/x', 'v1/x'],
  ])('%s names the model %s', (path, id) => {
    expect(targetOf('GET', path)).toMatchObject({ kind: 'model', id })
  })

  test('a model name with slashes may be followed by /capabilities', () => {
    expect(targetOf('GET', '/v1/models/a/b/capabilities')).toMatchObject({ kind: 'capabilities', id: 'a/b' })
    expect(targetOf('GET', '/v1/models/capabilities')).toMatchObject({ kind: 'model', id: 'capabilities' })
  })

  test('HEAD is answered where GET is', () => {
    for (const path of ['/', '/health', '/healthz', '/readyz', '/api/hello', '/v1/models']) {
      expect(matchRoute('HEAD', path).found).toBe(true)
    }
  })

  test.each([
    ['POST', '/v1/embeddings', 'embeddings'],
    ['POST', '/images/edits', 'image-edit'],
    ['POST', '/v1/v1/audio/transcriptions', 'transcription'],
    ['GET', '/v1/files', 'files'],
    ['GET', '/v1/files/file-1/content', 'files'],
    ['DELETE', '/files/file-1', 'files'],
    ['POST', '/v1/batches/batch_1/cancel', 'batches'],
    ['GET', '/v1/fine_tuning/jobs/ftjob-1/checkpoints', 'fine-tuning'],
    ['GET', '/v1/fine_tunes/ft-1/events', 'fine-tunes'],
    ['DELETE', '/v1/responses/resp_1', 'stored-responses'],
    ['POST', '/v1/responses/compact', 'stored-responses'],
    ['GET', '/v1/responses/resp_1/input_items', 'stored-responses'],
  ])('%s %s is carried', (method, path, operation) => {
    expect(targetOf(method, path)).toMatchObject({ kind: 'carry', operation })
  })

  test('another method is told which ones the path takes', () => {
    expect(targetOf('DELETE', '/v1/messages')).toEqual(['POST'])
    expect(targetOf('POST', '/v1/models/x')).toEqual(['GET', 'HEAD'])
    expect(targetOf('PUT', '/v1/responses')).toEqual(['POST', 'GET', 'HEAD'])
    expect(targetOf('GET', '/v1/nothing')).toEqual([])
    expect(targetOf('POST', '/v1/v1/v1/messages')).toEqual([])
  })

  test('a path of slashes alone is the root', () => {
    expect(barePath('/'.repeat(60_000))).toBe('/')
    expect(barePath('/v1/')).toBe('/')
    expect(barePath('/v10/x')).toBe('/v10/x')
  })
})

describe('answers of the table', () => {
  test('a call reaches the gateway with protocol, operation and query', async () => {
    const { url, calls } = await startServer()
    const { status, json, headers } = await ask(`${url}/v1/messages?beta=true`, { body: '{"a":1}' })
    expect(status).toBe(200)
    expect(json).toMatchObject({
      protocol: 'messages',
      operation: 'generate',
      query: '?beta=true',
      body: '{"a":1}',
    })
    expect(headers['x-dragoman-request-id']).toBe(json.requestId)
    expect(calls).toHaveLength(1)
  })

  test('repeated headers arrive joined and lower-cased', async () => {
    const { port, calls } = await startServer()
    const client = await rawClient(port)
    client.send(
      'POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nAnthropic-Beta: one\r\nanthropic-beta: two\r\n' +
        'Connection: close\r\nContent-Length: 2\r\n\r\n{}',
    )
    await client.closed()
    expect(calls[0]?.headers['anthropic-beta']).toBe('one, two')
  })

  test('a WebSocket on /v1/responses is refused with 426 and a plain GET with 405', async () => {
    const { url } = await startServer()
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'x' }
    const refused = await ask(`${url}/v1/responses`, { headers })
    expect(refused.status).toBe(426)
    expect(refused.json.error.message).toContain('POST')
    const plain = await ask(`${url}/v1/responses`)
    expect([plain.status, plain.headers.allow]).toEqual([405, 'POST'])
  })

  test('an offer to upgrade to HTTP/2 does not keep a POST from being served', async () => {
    const { url } = await startServer()
    const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk' }
    expect((await ask(`${url}/v1/chat/completions`, { headers, body: '{}' })).status).toBe(200)
  })

  test('an unknown route is a 404 in the dialect that path and headers suggest', async () => {
    const { url } = await startServer()
    const openai = await ask(`${url}/v1/chat/completion`, { body: '{}' })
    expect(openai.status).toBe(404)
    expect(openai.json).not.toHaveProperty('type')
    expect(openai.json.error.message).toContain('POST /v1/chat/completions')
    const byPath = await ask(`${url}/v2/messages`, { body: '{}' })
    expect(byPath.json).toMatchObject({ type: 'error', error: { type: 'not-found' } })
    const byHeader = await ask(`${url}/v1/nothing`, { headers: { 'anthropic-version': '2023-06-01' } })
    expect(byHeader.json).toMatchObject({ type: 'error' })
  })

  test('a known path with another method is a 405 that names the right one', async () => {
    const { url } = await startServer()
    const { status, headers, json } = await ask(`${url}/v1/messages`, { method: 'DELETE' })
    expect([status, headers.allow]).toEqual([405, 'POST'])
    expect(json).toMatchObject({ type: 'error', error: { type: 'method-not-allowed' } })
  })

  test('no spelling of a path is answered by a redirect', async () => {
    const { url } = await startServer()
    for (const path of ['/v1/models/', '//v1/models', '/models', '/v1', '/V1/models', '/v1/models?limit=5']) {
      const { status } = await ask(url + path)
      expect([200, 404]).toContain(status)
    }
  })

  test('a request line with a whole URL is understood', async () => {
    const { port } = await startServer()
    const client = await rawClient(port)
    client.send('GET http://localhost/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 200 /)
  })
})
