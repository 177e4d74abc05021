/** Proxies, private certificates, kept connections and waiting times, over real sockets. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { listUpstreamModels } from '../../src/cli/upstream-models/list.ts'
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts'
import { openPinned } from '../../src/upstream/open-pinned.ts'
import { hasOpenssl, makeAuthority, type Authority } from '../support/certificates.ts'
import { configWith, startConfigured } from '../support/configured.ts'
import { startFront, startProxy, startSilence } from '../support/network.ts'

const ACME = 'acme.openai.azure.com'
const QUESTION = { model: 'any', max_tokens: 64, messages: [{ role: 'user', content: 'Hello' }] }

let simulator: Simulator
let authority: Authority

beforeAll(() => {
  if (hasOpenssl) authority = makeAuthority()
})
afterAll(() => authority?.close())
afterEach(() => simulator?.close())

async function ask(url: string, body: object = QUESTION) {
  const response = await fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, text: await response.text() }
}

const azure = (more = '') => `
providers: { azure: { type: azure-openai, endpoint: acme, apiKey: azure-key-1, retries: 0${more} } }
models: { "*": azure/gpt-5.2 }`

describe.skipIf(!hasOpenssl)('an Azure resource behind a company proxy', () => {
  it('is reached through HTTPS_PROXY, whose credentials nobody reads', async () => {
    simulator = await startSimulator()
    const front = await startFront(simulator.port, authority.issue(ACME))
    const proxy = await startProxy({ [`${ACME}:443`]: front.port })
    const HTTPS_PROXY = proxy.url.replace('//', '//clerk:hunter2@')
    const config = configWith(`${azure()}\ntls: { ca: [${authority.caFile}] }`, { HTTPS_PROXY })
    const { url, logged } = await startConfigured(config)

    for (const stream of [false, true]) expect((await ask(url, { ...QUESTION, stream })).status).toBe(200)
    expect(simulator.last.path).toBe('/openai/v1/chat/completions')
    const authorization = `Basic ${Buffer.from('clerk:hunter2').toString('base64')}`
    expect(proxy.asked).toEqual([{ method: 'CONNECT', target: `${ACME}:443`, authorization }])
    expect(front.connections).toBe(1)
    expect(logged()).not.toContain('hunter2')
  })

  it('is not trusted without its CA, and the error says where to name it', async () => {
    simulator = await startSimulator()
    const front = await startFront(simulator.port, authority.issue(ACME))
    const proxy = await startProxy({ [`${ACME}:443`]: front.port })
    const { url, logged } = await startConfigured(
      configWith(azure(`, proxy: "${proxy.url.replace('//', '//u:hunter2@')}"`)),
    )
    const { status, text } = await ask(url)
    expect(status).toBe(502)
    expect(text).toMatch(/certificate is not trusted.*tls\.ca or NODE_EXTRA_CA_CERTS/)
    expect(text + logged()).not.toContain('hunter2')
  })

  it('may have a CA of its own, which other providers do not trust', async () => {
    simulator = await startSimulator()
    const front = await startFront(simulator.port, authority.issue(ACME, 'other.openai.azure.com'))
    const proxy = await startProxy({ [`${ACME}:443`]: front.port, 'other.openai.azure.com:443': front.port })
    const yaml = `
proxy: "${proxy.url}"
providers:
  azure: { type: azure-openai, endpoint: acme, apiKey: azure-key-1, tls: { ca: ["${authority.caFile}"] } }
  other: { type: azure-openai, endpoint: other, apiKey: azure-key-1, retries: 0 }
models: { mine: azure/gpt-5.2, theirs: other/gpt-5.2 }`
    const { url } = await startConfigured(configWith(yaml))
    expect((await ask(url, { ...QUESTION, model: 'mine' })).status).toBe(200)
    expect((await ask(url, { ...QUESTION, model: 'theirs' })).text).toMatch(/certificate is not trusted/)
  })

  it('is trusted by NODE_EXTRA_CA_CERTS alone, which Node reads', { timeout: 60_000 }, async () => {
    simulator = await startSimulator()
    const front = await startFront(simulator.port, authority.issue(ACME))
    const proxy = await startProxy({ [`${ACME}:443`]: front.port })
    const folder = await mkdtemp(join(tmpdir(), 'dragoman-network-'))
    try {
      await writeFile(join(folder, 'dragoman.yaml'), azure())
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [join(import.meta.dirname, '../../src/main.ts'), 'test', '--json'],
        {
          cwd: folder,
          env: {
            PATH: process.env['PATH'],
            HOME: folder,
            HTTPS_PROXY: proxy.url,
            NODE_EXTRA_CA_CERTS: authority.caFile,
          },
        },
      )
      expect(stdout).toMatch(/"reached": ?true/)
      expect(new Set(proxy.asked.map(({ target }) => target))).toEqual(new Set([`${ACME}:443`]))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('is told apart from a proxy that refuses', async () => {
    simulator = await startSimulator()
    const proxy = await startProxy({})
    const { url } = await startConfigured(configWith(azure(), { https_proxy: proxy.url }))
    expect((await ask(url)).text).toMatch(
      /acme\.openai\.azure\.com.*the proxy refused the tunnel \(status 502\)/,
    )
  })
})

describe.skipIf(!hasOpenssl)('the list of what an upstream has', () => {
  it('is asked for through the proxy too', async () => {
    simulator = await startSimulator({ checks: 'lenient' })
    const front = await startFront(simulator.port, authority.issue('api.openai.com'))
    const proxy = await startProxy({ 'api.openai.com:443': front.port })
    const yaml = `
proxy: "${proxy.url}"
tls: { ca: ["${authority.caFile}"] }
providers: { vendor: { type: openai, apiKey: openai-key-1 } }`
    const { vendor } = configWith(yaml).providers
    const listed = vendor && (await listUpstreamModels(vendor, { fetch }))
    expect(listed).toMatchObject({ ok: true })
    expect(simulator.last.path).toBe('/v1/models')
    expect(proxy.asked).toHaveLength(1)
  })
})

const loopback = (port: number, more = '') => `
providers: { near: { type: openai, baseUrl: "http://127.0.0.1:${port}/v1", apiKey: openai-key-1, retries: 0${more} } }
models: { "*": near/gpt-5.2 }`

describe('this machine', () => {
  it('is reached without the proxy of the environment or of the config', async () => {
    simulator = await startSimulator()
    const proxy = await startProxy({})
    const env = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, http_proxy: proxy.url }
    for (const yaml of [loopback(simulator.port), `proxy: "${proxy.url}"\n${loopback(simulator.port)}`]) {
      const { url } = await startConfigured(configWith(yaml, env))
      expect((await ask(url)).status).toBe(200)
    }
    expect(proxy.asked).toEqual([])
  })

  it("is reached through a provider's own proxy, by whole URLs", async () => {
    simulator = await startSimulator()
    const near = `127.0.0.1:${simulator.port}`
    const proxy = await startProxy({ [near]: simulator.port })
    const { url } = await startConfigured(configWith(loopback(simulator.port, `, proxy: "${proxy.url}"`)))
    expect((await ask(url, { ...QUESTION, stream: true })).status).toBe(200)
    expect(proxy.asked).toMatchObject([{ method: 'POST', target: `http://${near}/v1/chat/completions` }])
  })
})

describe('connections', () => {
  it('are kept and used again: one for many requests', async () => {
    simulator = await startSimulator()
    const front = await startFront(simulator.port)
    const { url } = await startConfigured(configWith(loopback(front.port)))
    for (let count = 0; count < 10; count++) await ask(url, { ...QUESTION, stream: count % 2 === 0 })
    expect(simulator.requests).toHaveLength(10)
    expect(front.connections).toBe(1)
  })

  it('are no more than there are requests at once', async () => {
    simulator = await startSimulator({ faults: { firstByteDelayMs: 20 } })
    const front = await startFront(simulator.port)
    const { url } = await startConfigured(configWith(loopback(front.port)))
    for (let round = 0; round < 3; round++) await Promise.all(Array.from({ length: 5 }, () => ask(url)))
    expect(front.connections).toBeLessThanOrEqual(5)
  })
})

describe('waiting times of a provider', () => {
  it('end a connection that is not made', async () => {
    simulator = await startSimulator()
    const proxy = await startProxy({ [`${ACME}:443`]: await startSilence() })
    const { url } = await startConfigured(
      configWith(azure(`, proxy: "${proxy.url}", timeouts: { connect: 200ms }`)),
    )
    const { status, text } = await ask(url)
    expect([status, text]).toEqual([504, expect.stringMatching(/could not be reached within 200 ms/)])
  })

  it('end an answer that does not begin', async () => {
    simulator = await startSimulator({ faults: { firstByteDelayMs: 60_000 } })
    const { url } = await startConfigured(
      configWith(loopback(simulator.port, ', timeouts: { firstByte: 200ms }')),
    )
    const { status, text } = await ask(url)
    expect([status, text]).toEqual([504, expect.stringMatching(/did not begin to answer within 200 ms/)])
  })

  it('end an answer that stops in the middle, with an error event', async () => {
    simulator = await startSimulator({ faults: { stallAfterEvents: { events: 3 } } })
    const { url } = await startConfigured(configWith(loopback(simulator.port, ', timeouts: { idle: 200ms }')))
    const { status, text } = await ask(url, { ...QUESTION, stream: true })
    expect([status, text]).toEqual([200, expect.stringMatching(/event: error\ndata: .*200 ms/)])
  })
})

describe.skipIf(!hasOpenssl)('a picture that a client names by URL', () => {
  it('comes through the proxy from the address that was checked, under its name', async () => {
    simulator = await startSimulator()
    simulator.respond(() => ({ raw: { body: 'picture' } }))
    const front = await startFront(simulator.port, authority.issue('pictures.example'))
    const proxy = await startProxy({ '192.0.2.7:443': front.port })
    const response = await openPinned({
      url: new URL('https://pictures.example/a.png'),
      addresses: ['192.0.2.7'],
      headers: {},
      timeouts: { connect: 5_000, firstByte: 5_000 },
      network: { proxies: { https: proxy.url, except: [] }, ca: authority.ca },
      signal: new AbortController().signal,
    })
    expect((await response.bytes(100)).toString()).toBe('picture')
    expect(proxy.asked).toMatchObject([{ target: '192.0.2.7:443' }])
    expect(simulator.last.headers['host']).toBe('pictures.example')
  })
})
