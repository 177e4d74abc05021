/**
 * Signing in to Entra ID through `@azure/identity`, against a token server on loopback: each way of signing in in a
 * gateway process of its own, since the package reads the environment of its process. Entra's own host is reached through
 * a proxy that leads to the token server, whose certificate comes from an authority of the test's own.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts'
import { hasOpenssl, makeAuthority, type Authority } from '../support/certificates.ts'
import { startGatewayProcess } from '../support/gateway-process.ts'
import { startProxy } from '../support/network.ts'
import { startTokenServer, type TokenServerOptions } from '../support/token-server.ts'

const LOGIN = 'login.microsoftonline.com'
const TENANT = '00000000-0000-4000-8000-000000000001'
const APP = { AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: '00000000-0000-4000-8000-000000000002' }

let simulator: Simulator
let authority: Authority

beforeAll(() => {
  if (hasOpenssl) authority = makeAuthority()
})
afterAll(() => authority?.close())
afterEach(() => simulator?.close())

/** An Azure resource that takes these tokens only, and the config that reaches it. */
async function resource(...tokens: readonly string[]): Promise<string> {
  simulator = await startSimulator({ keys: tokens })
  return `
providers: { entra: { type: azure-openai, endpoint: "${simulator.url}", auth: entra, retries: 0 } }
models: { "*": entra/gpt-5.2 }`
}

/** Entra ID behind its own name: the environment that leads there. */
async function entra(options: TokenServerOptions = {}) {
  const server = await startTokenServer({ ...options, tls: authority.issue(LOGIN) })
  const proxy = await startProxy({ [`${LOGIN}:443`]: server.port })
  return { server, env: { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: authority.caFile, ...APP } }
}

async function ask(url: string) {
  const response = await fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'any', max_tokens: 64, messages: [{ role: 'user', content: 'Hello' }] }),
  })
  return { status: response.status, text: await response.text(), headers: response.headers }
}

const askOften = async (url: string, times: number) =>
  (await Promise.all(Array.from({ length: times }, () => ask(url)))).map(({ status }) => status)

describe.skipIf(!hasOpenssl)('a client secret', { timeout: 60_000 }, () => {
  const SECRET = { AZURE_CLIENT_SECRET: 'secret-of-the-test' }

  it('gets one token for many requests at once', async () => {
    const config = await resource('token-1')
    const { server, env } = await entra()
    const { url } = await startGatewayProcess(config, { ...env, ...SECRET })
    expect(new Set(await askOften(url, 20))).toEqual(new Set([200]))
    expect(await askOften(url, 5)).toEqual(Array(5).fill(200))
    expect(server.requests).toMatchObject([
      {
        path: `/${TENANT}/oauth2/v2.0/token`,
        fields: {
          grant_type: 'client_credentials',
          client_secret: SECRET.AZURE_CLIENT_SECRET,
          scope: expect.stringContaining('https://ai.azure.com/.default'),
        },
      },
    ])
    expect(simulator.last.headers['authorization']).toBe('Bearer token-1')
  })

  it('gets one other token when the first is refused, and requests go on with it', async () => {
    const config = await resource('token-2')
    const { server, env } = await entra()
    const { url } = await startGatewayProcess(config, { ...env, ...SECRET })
    expect(new Set(await askOften(url, 10))).toEqual(new Set([200]))
    expect(server.requests).toHaveLength(2)
  })

  it('gets the next token before the last one ends', async () => {
    const config = await resource('token-1', 'token-2', 'token-3')
    const { server, env } = await entra({ lifetime: 240 })
    const { url } = await startGatewayProcess(config, { ...env, ...SECRET })
    for (let count = 0; count < 3; count++) expect((await ask(url)).status).toBe(200)
    expect(server.requests).toHaveLength(3)
  })

  it('that is wrong is explained, and the client does not try again', async () => {
    const config = await resource('token-1')
    const { env } = await entra({
      error: {
        error: 'invalid_client',
        error_description: 'AADSTS7000215: Invalid client secret provided. Trace ID: t Correlation ID: c',
      },
    })
    const { url } = await startGatewayProcess(config, { ...env, ...SECRET })
    const { status, text, headers } = await ask(url)
    expect([status, headers.get('x-should-retry')]).toEqual([502, 'false'])
    expect(text).toMatch(/AADSTS7000215.*AZURE_CLIENT_SECRET/s)
    expect(text).not.toContain(SECRET.AZURE_CLIENT_SECRET)
    expect(simulator.requests).toHaveLength(0)
  })
})

describe.skipIf(!hasOpenssl)('a workload identity', { timeout: 60_000 }, () => {
  it('gives the token of its file for one of Entra', async () => {
    const config = await resource('token-1')
    const { server, env } = await entra()
    const { url } = await startGatewayProcess(
      config,
      { ...env, AZURE_FEDERATED_TOKEN_FILE: '$HOME/federated', AZURE_AUTHORITY_HOST: `https://${LOGIN}/` },
      { federated: 'assertion-of-the-cluster' },
    )
    expect(new Set(await askOften(url, 10))).toEqual(new Set([200]))
    expect(server.requests).toMatchObject([
      { fields: { client_assertion: 'assertion-of-the-cluster', client_id: APP.AZURE_CLIENT_ID } },
    ])
  })
})

describe('a managed identity', { timeout: 60_000 }, () => {
  it('of a virtual machine comes from its metadata service', async () => {
    const config = await resource('token-1')
    const server = await startTokenServer()
    const { url } = await startGatewayProcess(config, {
      AZURE_POD_IDENTITY_AUTHORITY_HOST: `http://127.0.0.1:${server.port}`,
    })
    expect(new Set(await askOften(url, 10))).toEqual(new Set([200]))
    expect(server.requests).toMatchObject([
      {
        path: expect.stringMatching(/^\/metadata\/identity\/oauth2\/token\/?$/),
        headers: { metadata: 'true' },
        fields: { resource: 'https://ai.azure.com' },
      },
    ])
  })

  it('of a web app comes from its endpoint', async () => {
    const config = await resource('token-1')
    const server = await startTokenServer()
    const { url } = await startGatewayProcess(config, {
      IDENTITY_ENDPOINT: `http://127.0.0.1:${server.port}/msi/token`,
      IDENTITY_HEADER: 'header-of-the-app',
    })
    expect(new Set(await askOften(url, 10))).toEqual(new Set([200]))
    expect(server.requests).toMatchObject([
      { headers: { 'x-identity-header': 'header-of-the-app' }, fields: { resource: 'https://ai.azure.com' } },
    ])
  })
})
