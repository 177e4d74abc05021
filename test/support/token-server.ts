import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach } from 'vitest'

/** A request for a token. */
export type TokenRequest = {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  /** The form, or the query of managed identity. */
  readonly fields: Readonly<Record<string, string>>
}

export type TokenServer = {
  readonly port: number
  /** What asked for a token, oldest first; not what only looks whether somebody is there. */
  readonly requests: readonly TokenRequest[]
}

export type TokenServerOptions = {
  /** Speaks TLS, as Entra ID does; without it plain HTTP, as managed identity does. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Seconds for which tokens hold; an hour unless given. */
  readonly lifetime?: number
  /** Refuses with this error instead, in Entra's words. */
  readonly error?: { readonly error: string; readonly error_description: string }
}

const running = new Set<() => void>()
afterEach(() => {
  for (const close of running) close()
  running.clear()
})

/**
 * The sign-in of Entra ID and the managed identity of a machine, on loopback. Tokens are `token-1`, `token-2`, … in the
 * order in which they are asked for.
 */
export async function startTokenServer(options: TokenServerOptions = {}): Promise<TokenServer> {
  const { tls, lifetime = 3600, error } = options
  const requests: TokenRequest[] = []
  const listener: RequestListener = (message, reply) => {
    const url = new URL(message.url ?? '/', 'https://login.invalid')
    const answer = (status: number, body: object) =>
      void reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (url.pathname.endsWith('/openid-configuration')) {
      const tenant = `https://${message.headers.host}/${url.pathname.split('/')[1]}`
      return answer(200, {
        issuer: `${tenant}/v2.0`,
        token_endpoint: `${tenant}/oauth2/v2.0/token`,
        authorization_endpoint: `${tenant}/oauth2/v2.0/authorize`,
        jwks_uri: `${tenant}/discovery/v2.0/keys`,
      })
    }
    const isManaged = url.pathname.includes('/identity/') || url.pathname.includes('/msi/')
    // Whoever does not say who it is only looks whether there is a managed identity.
    if (isManaged && message.headers['metadata'] === undefined && !message.headers['x-identity-header'])
      return answer(400, { error: 'invalid_request', error_description: 'Required metadata header' })
    let form = ''
    message.on('data', (chunk: Buffer) => void (form += chunk.toString()))
    message.on('end', () => {
      const fields = Object.fromEntries(isManaged ? url.searchParams : new URLSearchParams(form))
      requests.push({ path: url.pathname, headers: message.headers, fields })
      if (error !== undefined) return answer(401, { ...error, error_codes: [], correlation_id: 'c-1' })
      const expires_on = String(Math.floor(Date.now() / 1000) + lifetime)
      return answer(200, {
        access_token: `token-${requests.length}`,
        token_type: 'Bearer',
        ...(isManaged ? { expires_on, resource: fields['resource'] } : { expires_in: lifetime }),
      })
    })
  }
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  running.add(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, requests }
}
