import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway } from '../support/gateway.ts'
import { askFor, CLIENTS } from './errors/clients.ts'

type Certificate = { readonly key: Buffer; readonly cert: Buffer }

/** Certificates that nobody signed, made by openssl; undefined where this machine has none. */
function makeCertificate(folder: string, name: string, extra: readonly string[]): Certificate | undefined {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)]
  const asked = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  try {
    execFileSync('openssl', [...asked, '-keyout', key, '-out', cert, '-subj', `/CN=${name}`, ...extra], {
      stdio: 'ignore',
    })
    return { key: readFileSync(key), cert: readFileSync(cert) }
  } catch {
    return undefined
  }
}

const folder = mkdtempSync(join(tmpdir(), 'dragoman-tls-'))
const certificate = makeCertificate(folder, 'localhost', [
  '-days',
  '2',
  '-addext',
  'subjectAltName=IP:127.0.0.1,DNS:localhost',
])
if (certificate === undefined) console.warn('skipped: there is no openssl here to make a certificate with')

describe.skipIf(certificate === undefined)('an upstream whose certificate nobody signed', () => {
  let server: Server
  let port = 0
  let asked = 0
  beforeAll(async () => {
    server = createServer({ ...certificate }, (_request, response) => {
      asked += 1
      response.end('{}')
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    port = (server.address() as { port: number }).port
  })
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
    rmSync(folder, { recursive: true })
  })

  it.each(CLIENTS)('is refused, with the reason and its host, and hears no request (%s)', async (client) => {
    const { url, log } = await startGateway({
      config: `
retries: 2
providers: { own: { type: openai-compatible, baseUrl: "https://127.0.0.1:${port}/v1", apiKey: own-key-1 } }`,
    })
    const { status, json } = await askFor(url, client, 'own/x')
    expect(status).toBe(502)
    expect(json.error.message).toMatch(
      new RegExp(
        `^127\\.0\\.0\\.1:${port} did not answer: its TLS certificate is not trusted \\(DEPTH_ZERO_SELF_SIGNED_CERT\\)`,
      ),
    )
    expect(asked).toBe(0)
    expect(log.filter(({ message }) => message === 'failed')).toHaveLength(1)
  })
})
