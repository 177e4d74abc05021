/**
 * Signing in to Entra ID through `@azure/identity`, against a token server on loopback: each way of signing in in a
 * gateway process of its own, since the package reads the environment of its process. Entra's own host is reached through
 * a proxy that leads to the token server, whose certificate comes from an authority of the test's own.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts'
import { hasOpenssl, makeAuthority, type Authority } from '../support/certificates.ts'
import { sandbox, type Sandbox } from '../support/cli.ts'
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

  it('whose token is refused is not asked in vain: its platform keeps tokens until they end', async () => {
    const config = await resource('another-token')
    const server = await startTokenServer()
    const { url } = await startGatewayProcess(config, {
      AZURE_POD_IDENTITY_AUTHORITY_HOST: `http://127.0.0.1:${server.port}`,
    })
    const { status, headers } = await ask(url)
    expect([status, headers.get('x-should-retry')]).toEqual([502, 'false'])
    expect(server.requests).toHaveLength(1)
    expect(simulator.requests).toHaveLength(1)
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

/**
 * An Azure CLI on PATH that writes down what it is asked, one line each, and then does as `script` says; `count` is the
 * number of the call.
 */
async function azureCli(config: string, script: string): Promise<Sandbox> {
  const box = await sandbox({ 'dragoman.yaml': config, 'az.log': '' })
  await box.program(
    'az',
    `import { appendFileSync, readFileSync } from 'node:fs'
const log = ${JSON.stringify(`${box.folder}/az.log`)}
appendFileSync(log, process.argv.slice(2).join(' ') + '\\n')
const count = readFileSync(log, 'utf8').trim().split('\\n').length
${script}`,
  )
  await box.write('bin/package.json', '{ "type": "module" }')
  return box
}

/** The words and numbers of `az account get-access-token`. */
const TOKEN = `const inAnHour = new Date(Date.now() + 3_600_000)
console.log(JSON.stringify({
  accessToken: 'token-' + count, expiresOn: inAnHour.toISOString(), expires_on: Math.floor(inAnHour / 1000),
  subscription: 's', tenant: 't', tokenType: 'Bearer',
}))`
const SIGNED_OUT = `console.error("ERROR: Please run 'az login' to setup account.")
process.exitCode = 1`
/** Without it the chain first asks the metadata service of a machine in Azure. */
const DEVELOPER = { AZURE_TOKEN_CREDENTIALS: 'dev' }

async function start(box: Sandbox): Promise<string> {
  const gateway = box.launch(['start', '--port', '0'], { env: DEVELOPER })
  const [, url = ''] = await gateway.said(/listens on (http:\/\/\S+)/)
  return url
}

describe('the Azure CLI', { timeout: 60_000 }, () => {
  it('gives the token of whoever is signed in, asked once for many requests', async () => {
    const box = await azureCli(await resource('token-1'), TOKEN)
    const url = await start(box)
    expect(new Set(await askOften(url, 10))).toEqual(new Set([200]))
    expect(await askOften(url, 2)).toEqual([200, 200])
    expect(await box.read('az.log')).toBe(
      'account get-access-token --output json --resource https://ai.azure.com\n',
    )
    expect(simulator.last.headers['authorization']).toBe('Bearer token-1')
  })

  it('is asked again when its token is refused', async () => {
    const box = await azureCli(await resource('token-2'), TOKEN)
    expect((await ask(await start(box))).status).toBe(200)
    expect((await box.read('az.log')).trim().split('\n')).toHaveLength(2)
  })

  it('without anybody signed in says so to the client, which does not try again', async () => {
    const box = await azureCli(await resource('token-1'), SIGNED_OUT)
    const { status, text, headers } = await ask(await start(box))
    expect([status, headers.get('x-should-retry')]).toEqual([502, 'false'])
    expect(text).toMatch(/'entra' got no token from Entra ID \(Please run 'az login'/)
    expect(simulator.requests).toHaveLength(0)
  })

  it('whose sign-in has expired says what to do', async () => {
    const box = await azureCli(
      await resource('token-1'),
      `console.error('ERROR: AADSTS700082: The refresh token has expired due to inactivity. Trace ID: t')
process.exitCode = 1`,
    )
    expect((await ask(await start(box))).text).toMatch(/AADSTS700082.*The sign-in has expired: az login/)
  })

  it('without anybody signed in is a finding of test and doctor', async () => {
    const config = (await resource('token-1')).replace('"*": entra', 'a: entra')
    const box = await azureCli(config, SIGNED_OUT)
    const tested = await box.run(['test'], { env: DEVELOPER })
    expect(tested.code).toBe(1)
    expect(tested.out).toMatch(/^entra\/gpt-5\.2: .*Please run 'az login'/m)
    const { code, out } = await box.run(['doctor', '--json'], { env: DEVELOPER })
    expect(code).toBe(1)
    expect(JSON.parse(out).findings).toContainEqual(
      expect.objectContaining({
        id: 'upstream-unauthorized',
        finding: expect.stringContaining("Please run 'az login'"),
        mend: expect.stringMatching(/^az login/),
      }),
    )
  })
})
