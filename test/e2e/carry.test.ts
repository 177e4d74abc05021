import OpenAI, { toFile } from 'openai'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/ir/json.ts'
import type { Responder } from '../../src/simulator/simulator.ts'
import { ask } from '../support/ask.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { rawClient } from '../support/raw-client.ts'

const CONFIG = `
providers:
  azure:  { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1 }
  dated:  { type: azure-openai, endpoint: "$UPSTREAM", apiKey: dated-key-1, apiVersion: "2024-10-21", responsesApiVersion: "2025-04-01-preview" }
  openai: { type: openai, baseUrl: "$UPSTREAM/v1", apiKey: openai-key-1 }
  claude: { type: anthropic, baseUrl: "$UPSTREAM", apiKey: claude-key-1 }
models:
  embed-azure: azure/my-embedder
  embed-dated: dated/my-embedder
  embed-openai: openai/my-embedder
  whisper-azure: azure/my-whisper
  whisper-dated: dated/my-whisper
  whisper-openai: openai/my-whisper
  "claude-*": claude/claude-sonnet-4-5
  spread: [azure/first, openai/second]
`

const client = (gateway: TestGateway) =>
  new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'any', maxRetries: 0 })

const json = (body: JsonObject, status = 200) => ({ raw: { status, body } })
const MODEL_PATHS = [
  ['azure', '/openai/v1', 'api-key', 'azure-key-1'],
  ['dated', '/openai/deployments/$MODEL', 'api-key', 'dated-key-1'],
  ['openai', '/v1', 'authorization', 'Bearer openai-key-1'],
] as const
const PLAIN_PATHS = [
  ['azure', '/openai/v1'],
  ['dated', '/openai'],
  ['openai', '/v1'],
] as const

/** Deterministic bytes that are no text. */
function noise(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  for (let i = 0, x = 7; i < size; i++) bytes[i] = x = (x * 1103515245 + 12345 + (x >> 3)) & 0xff
  return bytes
}

/** The parts of a form: name, file name, bytes. */
function partsOf(bytes: Buffer, contentType: string) {
  const boundary = /boundary="?([^";]+)/.exec(contentType)?.[1] ?? 'none'
  const text = bytes.toString('latin1')
  return text
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => {
      const head = part.slice(2, part.indexOf('\r\n\r\n'))
      return {
        name: /name="([^"]*)"/.exec(head)?.[1],
        filename: /filename="([^"]*)"/.exec(head)?.[1],
        bytes: Buffer.from(part.slice(part.indexOf('\r\n\r\n') + 4, -2), 'latin1'),
      }
    })
}

describe.each(MODEL_PATHS)('with a model, to %s', (provider, base, keyHeader, key) => {
  const path = (model: string) => base.replace('$MODEL', model)

  it('embeddings go out under the target’s name, every other byte as it was', async () => {
    const gateway = await startGateway({ config: CONFIG })
    const answer = {
      object: 'list',
      model: 'm',
      data: [{ object: 'embedding', index: 0, embedding: [0.5, -1] }],
    }
    gateway.simulator.respond(() => json(answer))
    const { data, response } = await client(gateway)
      .embeddings.create({ model: `embed-${provider}`, input: ['Grüße', '世界'], encoding_format: 'float' })
      .withResponse()
    expect(data.data[0]?.embedding).toEqual([0.5, -1])
    expect(response.headers.get('x-dragoman-target')).toBe(`${provider}/my-embedder`)
    const { last } = gateway.simulator
    expect(last.path).toBe(`${path('my-embedder')}/embeddings`)
    expect(last.headers[keyHeader]).toBe(key)
    expect(last.headers['authorization'] ?? '').not.toContain('any')
    expect(last.body).toEqual({ model: 'my-embedder', input: ['Grüße', '世界'], encoding_format: 'float' })
  })

  it('images are generated', async () => {
    const gateway = await startGateway({ config: CONFIG })
    gateway.simulator.respond(() => json({ created: 1, data: [{ b64_json: 'aGk=' }] }))
    const image = await client(gateway).images.generate({ model: `${provider}/my-painter`, prompt: 'A cat' })
    expect(image.data?.[0]?.b64_json).toBe('aGk=')
    expect(gateway.simulator.last.path).toBe(`${path('my-painter')}/images/generations`)
  })

  it('speech comes back byte for byte, with its type', async () => {
    const gateway = await startGateway({ config: CONFIG })
    const sound = noise(300_000)
    gateway.simulator.respond(() => ({
      raw: { headers: { 'content-type': 'audio/mpeg' }, body: sound },
      faults: { chunkBytes: 7_001 },
    }))
    const response = await client(gateway).audio.speech.create({
      model: `${provider}/tts`,
      voice: 'alloy',
      input: 'Hello',
    })
    expect(response.headers.get('content-type')).toBe('audio/mpeg')
    expect(Buffer.from(await response.arrayBuffer()).equals(sound)).toBe(true)
    expect(gateway.simulator.last.path).toBe(`${path('tts')}/audio/speech`)
  })

  it.each(['before', 'after'])(
    'a form with its model %s the file is mapped, its bytes intact',
    async (order) => {
      const gateway = await startGateway({ config: CONFIG })
      gateway.simulator.respond(() => json({ text: 'Hello there' }))
      const sound = noise(700_000)
      const file = await toFile(sound, 'speech.wav', { type: 'audio/wav' })
      const model = `whisper-${provider}`
      const form = order === 'before' ? { model, file } : { file, model }
      const { text } = await client(gateway).audio.transcriptions.create({ ...form, language: 'de' })
      expect(text).toBe('Hello there')
      const { last } = gateway.simulator
      expect(last.path).toBe(`${path('my-whisper')}/audio/transcriptions`)
      const parts = partsOf(last.bytes, last.headers['content-type'] ?? '')
      const part = (name: string) => parts.find((each) => each.name === name)
      expect(part('model')?.bytes.toString()).toBe('my-whisper')
      expect(part('language')?.bytes.toString()).toBe('de')
      expect(part('file')?.filename).toBe('speech.wav')
      expect(part('file')?.bytes.equals(sound)).toBe(true)
      expect(Number(last.headers['content-length'])).toBe(last.bytes.length)
    },
  )
})

describe.each(PLAIN_PATHS)('without a model, to %s', (provider, base) => {
  const pinned = { headers: { 'x-dragoman-target': provider } }

  it('files are created, listed, read and deleted', async () => {
    const gateway = await startGateway({ config: CONFIG })
    const openai = client(gateway)
    const content = noise(5_000)
    const respond: Responder = ({ method, path }) => {
      if (path.endsWith('/content')) {
        return { raw: { headers: { 'content-type': 'application/octet-stream' }, body: content } }
      }
      if (method === 'DELETE') return json({ id: 'file-1', object: 'file', deleted: true })
      if (method === 'GET' && path.endsWith('/files')) {
        return json({ object: 'list', data: [{ id: 'file-1', object: 'file' }], has_more: false })
      }
      return json({ id: 'file-1', object: 'file', purpose: 'batch' })
    }
    gateway.simulator.respond(respond)
    const file = await toFile(content, 'input.jsonl')
    expect((await openai.files.create({ file, purpose: 'batch' }, pinned)).id).toBe('file-1')
    const upload = gateway.simulator.last
    expect(upload.path).toBe(`${base}/files`)
    expect(partsOf(upload.bytes, upload.headers['content-type'] ?? '').map(({ name }) => name)).toContain(
      'file',
    )
    // From here on the id is known to be at this provider.
    expect((await openai.files.retrieve('file-1')).id).toBe('file-1')
    expect(gateway.simulator.last.path).toBe(`${base}/files/file-1`)
    const read = await openai.files.content('file-1')
    expect(Buffer.from(await read.arrayBuffer()).equals(content)).toBe(true)
    expect((await openai.files.delete('file-1')).deleted).toBe(true)
    expect(gateway.simulator.last).toMatchObject({ method: 'DELETE', path: `${base}/files/file-1` })
    const list = await openai.files.list({ limit: 5, purpose: 'batch' }, pinned)
    expect(list.data.map(({ id }) => id)).toEqual(['file-1'])
    expect(gateway.simulator.last.path).toBe(`${base}/files`)
    expect(gateway.simulator.last.query.get('limit')).toBe('5')
    expect(gateway.simulator.last.query.get('purpose')).toBe('batch')
  })

  it('batches go where their file is, and so do their results', async () => {
    const gateway = await startGateway({ config: CONFIG })
    const openai = client(gateway)
    gateway.simulator.respond(({ path }) => {
      if (path.endsWith('/files')) return json({ id: 'file-in', object: 'file' })
      if (path.endsWith('/content')) return { raw: { body: '{"custom_id":"1"}' } }
      return json({ id: 'batch_1', object: 'batch', status: 'completed', output_file_id: 'file-out' })
    })
    await openai.files.create({ file: await toFile(noise(100), 'x'), purpose: 'batch' }, pinned)
    await openai.batches.create({
      input_file_id: 'file-in',
      endpoint: '/v1/embeddings',
      completion_window: '24h',
    })
    expect(gateway.simulator.last.path).toBe(`${base}/batches`)
    expect((await openai.batches.retrieve('batch_1')).output_file_id).toBe('file-out')
    expect(await (await openai.files.content('file-out')).text()).toBe('{"custom_id":"1"}')
    expect(gateway.simulator.last.path).toBe(`${base}/files/file-out/content`)
    await openai.batches.cancel('batch_1')
    expect(gateway.simulator.last).toMatchObject({ method: 'POST', path: `${base}/batches/batch_1/cancel` })
    await openai.batches.list({}, pinned)
    expect(gateway.simulator.last.path).toBe(`${base}/batches`)
  })

  it('fine-tuning jobs are created, listed and cancelled', async () => {
    const gateway = await startGateway({ config: CONFIG })
    const openai = client(gateway)
    gateway.simulator.respond(({ method, path }) =>
      method === 'GET' && path.endsWith('/jobs')
        ? json({ object: 'list', data: [], has_more: false })
        : json({ id: 'ftjob-1', object: 'fine_tuning.job' }),
    )
    await openai.fineTuning.jobs.create({ model: 'gpt-4.1-mini', training_file: 'file-9' }, pinned)
    expect(gateway.simulator.last.path).toBe(`${base}/fine_tuning/jobs`)
    expect(gateway.simulator.last.body['model']).toBe('gpt-4.1-mini')
    await openai.fineTuning.jobs.cancel('ftjob-1')
    expect(gateway.simulator.last.path).toBe(`${base}/fine_tuning/jobs/ftjob-1/cancel`)
    await openai.fineTuning.jobs.list({ limit: 3 }, pinned)
    expect(gateway.simulator.last.query.get('limit')).toBe('3')
  })

  it('stored responses are retrieved, cancelled and deleted', async () => {
    const gateway = await startGateway({ config: CONFIG })
    const openai = client(gateway)
    gateway.simulator.respond(() =>
      json({ id: 'resp_1', object: 'response', output: [], status: 'completed' }),
    )
    expect((await openai.responses.retrieve('resp_1', {}, pinned)).id).toBe('resp_1')
    expect(gateway.simulator.last.path).toBe(`${base}/responses/resp_1`)
    expect(gateway.simulator.last.query.get('api-version')).toBe(
      provider === 'dated' ? '2025-04-01-preview' : null,
    )
    await openai.responses.cancel('resp_1', pinned)
    expect(gateway.simulator.last.path).toBe(`${base}/responses/resp_1/cancel`)
    await openai.responses.inputItems.list('resp_1')
    expect(gateway.simulator.last.path).toBe(`${base}/responses/resp_1/input_items`)
    await openai.responses.delete('resp_1')
    expect(gateway.simulator.last).toMatchObject({ method: 'DELETE', path: `${base}/responses/resp_1` })
  })
})

describe('where a request goes', () => {
  it('moderations pass Azure by, which has none', async () => {
    const gateway = await startGateway({ config: CONFIG })
    gateway.simulator.respond(() => json({ id: 'modr-1', model: 'm', results: [] }))
    expect((await client(gateway).moderations.create({ input: 'x' })).id).toBe('modr-1')
    expect(gateway.simulator.last.path).toBe('/v1/moderations')
    expect(gateway.simulator.last.headers['authorization']).toBe('Bearer openai-key-1')
  })

  it('an unknown id is looked for at one provider after the other', async () => {
    const gateway = await startGateway({ config: CONFIG })
    gateway.simulator.respond(({ path }) =>
      path.startsWith('/v1/')
        ? json({ id: 'file-9', object: 'file' })
        : json({ error: { message: 'No such file', code: null } }, 404),
    )
    expect((await client(gateway).files.retrieve('file-9')).id).toBe('file-9')
    expect(gateway.simulator.requests.map(({ path }) => path)).toEqual([
      '/openai/v1/files/file-9',
      '/openai/files/file-9',
      '/v1/files/file-9',
    ])
  })

  it('?model= picks the provider and is not passed on', async () => {
    const gateway = await startGateway({ config: CONFIG })
    gateway.simulator.respond(() => json({ object: 'list', data: [] }))
    await ask(`${gateway.url}/v1/files?model=embed-openai&limit=2`)
    expect(gateway.simulator.last.path).toBe('/v1/files')
    expect([...gateway.simulator.last.query.keys()]).toEqual(['limit'])
  })

  it('a failing target is followed by the next', async () => {
    const gateway = await startGateway({ config: CONFIG })
    gateway.simulator.respond(({ path }) =>
      path.startsWith('/openai')
        ? json({ error: { message: 'gone' } }, 404)
        : json({ object: 'list', data: [] }),
    )
    const { response } = await client(gateway)
      .embeddings.create({ model: 'spread', input: 'x', encoding_format: 'float' })
      .withResponse()
    expect(response.headers.get('x-dragoman-target')).toBe('openai/second')
    expect(gateway.simulator.last.body['model']).toBe('second')
  })

  it.each(['/embeddings', '/v1/v1/embeddings'])('POST %s is the same', async (path) => {
    const gateway = await startGateway({ config: CONFIG })
    gateway.simulator.respond(() => json({ object: 'list', data: [] }))
    const body = JSON.stringify({ model: 'embed-azure', input: 'x' })
    expect((await ask(`${gateway.url}${path}`, { body })).status).toBe(200)
    expect(gateway.simulator.last.path).toBe('/openai/v1/embeddings')
  })

  it.each([
    '/v1/files/%2e%2e',
    '/v1/files/..%2f..%2fmodels',
    '/v1/files/a%2f..%2fb',
    '/v1/fine_tuning/x/../../y',
  ])('%s leads nowhere', async (path) => {
    const gateway = await startGateway({ config: CONFIG })
    const raw = await rawClient(Number(new URL(gateway.url).port))
    raw.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    expect(await raw.closed()).toMatch(/^HTTP\/1\.1 400 /)
    expect(gateway.simulator.requests).toEqual([])
  })
})

describe('errors', () => {
  it('of an upstream pass as they are', async () => {
    const gateway = await startGateway({ config: CONFIG })
    const body = { error: { code: 'DeploymentNotFound', message: 'No such deployment', extra: [1] } }
    gateway.simulator.respond(() => ({
      raw: { status: 404, headers: { 'apim-request-id': 'apim-7' }, body },
    }))
    const {
      status,
      json: told,
      headers,
    } = await ask(`${gateway.url}/v1/embeddings`, {
      body: JSON.stringify({ model: 'embed-azure', input: 'x' }),
    })
    expect({ status, told }).toEqual({ status: 404, told: body })
    expect(headers['apim-request-id']).toBe('apim-7')
  })

  it('a limit keeps its status and its wait', async () => {
    const gateway = await startGateway({ config: CONFIG })
    gateway.simulator.respond(() => ({
      raw: { status: 429, headers: { 'retry-after': '77' }, body: { error: { message: 'Slow down' } } },
    }))
    const { status, headers } = await ask(`${gateway.url}/v1/embeddings`, {
      body: JSON.stringify({ model: 'embed-azure', input: 'x' }),
    })
    expect(status).toBe(429)
    expect(headers['retry-after']).toBe('77')
  })

  it('refused credentials of the gateway are a 502 that is not retried', async () => {
    const gateway = await startGateway({ config: CONFIG })
    gateway.simulator.respond(() => json({ error: { message: 'bad key' } }, 401))
    const { status, json: told, headers } = await ask(`${gateway.url}/v1/files`)
    expect(status).toBe(502)
    expect(told.error.message).toMatch(/providers\.azure\.apiKey/)
    expect(headers['x-should-retry']).toBe('false')
  })

  it('a web page instead of an answer is told in OpenAI’s shape', async () => {
    const gateway = await startGateway({ config: CONFIG })
    gateway.simulator.respond(() => ({
      raw: {
        status: 503,
        headers: { 'content-type': 'text/html' },
        body: '<html><title>Down</title></html>',
      },
    }))
    const { status, json: told } = await ask(`${gateway.url}/v1/files`)
    expect(status).toBe(503)
    expect(told.error.message).toContain('Down')
  })

  it('without a provider that has the route it is a 501 that says who does', async () => {
    const gateway = await startGateway({
      config: 'providers: { claude: { type: anthropic, baseUrl: "$UPSTREAM", apiKey: k-123456789012 } }\n',
    })
    const { status, json: told } = await ask(`${gateway.url}/v1/embeddings`, {
      body: '{"model":"x","input":"y"}',
    })
    expect(status).toBe(501)
    expect(told.error).toMatchObject({ type: 'invalid_request_error', code: 'not_supported' })
    expect(told.error.message).toMatch(/POST \/v1\/embeddings.*openai/)
  })

  it('a model at a provider without the route is told which providers have it', async () => {
    const gateway = await startGateway({ config: CONFIG })
    const body = '{"model":"claude-haiku-4-5","input":"y"}'
    const { status, json: told } = await ask(`${gateway.url}/v1/embeddings`, { body })
    expect(status).toBe(501)
    expect(told.error.message).toMatch(/claude\/claude-sonnet-4-5.*azure, dated, openai/)
  })

  it('a body that is no JSON is refused before anybody is asked', async () => {
    const gateway = await startGateway({ config: CONFIG })
    expect((await ask(`${gateway.url}/v1/embeddings`, { body: '[' })).status).toBe(400)
    expect(gateway.simulator.requests).toEqual([])
  })

  it('an answer that breaks off never looks whole', async () => {
    const gateway = await startGateway({ config: CONFIG })
    gateway.simulator.respond(() => ({
      raw: { headers: { 'content-type': 'audio/mpeg' }, body: noise(100_000) },
      faults: { cutAfterBytes: 50_000, chunkBytes: 1_000 },
    }))
    const response = await client(gateway).audio.speech.create({ model: 'azure/tts', voice: 'a', input: 'x' })
    await expect(response.arrayBuffer()).rejects.toThrow(/terminated|aborted/)
  })

  it('a stream of events that breaks off ends with an error event', async () => {
    const gateway = await startGateway({ config: CONFIG })
    gateway.simulator.respond(() => ({
      raw: {
        headers: { 'content-type': 'text/event-stream' },
        body: `data: {"type":"image_generation.partial_image"}\n\ndata: {"type":"image_gener`,
      },
      faults: { cutAfterBytes: 60, chunkBytes: 20 },
    }))
    const stream = await client(gateway).images.generate({
      model: 'azure/painter',
      prompt: 'x',
      stream: true,
    })
    const types: string[] = []
    await expect(
      (async () => {
        for await (const event of stream) types.push(event.type)
      })(),
    ).rejects.toThrow(/broke off/)
    expect(types).toEqual(['image_generation.partial_image'])
  })
})

describe('a JSON body', () => {
  it('goes out byte for byte but for its model', async () => {
    const gateway = await startGateway({ config: CONFIG })
    gateway.simulator.respond(() => json({ object: 'list', data: [] }))
    const body = '{ "input": "x", "2":1, "1": 12345678901234567890, "model":"azure/e" }'
    await ask(`${gateway.url}/v1/embeddings`, { body })
    expect(gateway.simulator.last.bytes.toString()).toBe(body.replace('azure/e', 'e'))
  })
})
