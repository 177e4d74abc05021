import { GatewayError } from '../errors.ts'

/** Reasons in words, by the codes of Node, of our own client and of undici. `next`: the same target will not do better soon. */
const REASONS: Readonly<Record<string, { readonly words: string; readonly retry?: 'next' }>> = {
  ECONNREFUSED: { words: 'nothing listens there (connection refused)' },
  ECONNRESET: { words: 'it closed the connection' },
  EPIPE: { words: 'it closed the connection' },
  UND_ERR_SOCKET: { words: 'it closed the connection' },
  ENOTFOUND: { words: 'its name is not known; check the endpoint in the config', retry: 'next' },
  EAI_AGAIN: { words: 'its name could not be looked up (DNS failed)' },
  EHOSTUNREACH: { words: 'there is no route to it' },
  ENETUNREACH: { words: 'there is no route to it' },
  EPROTO: {
    words: 'it does not speak TLS as expected; check http:// and https:// in the config',
    retry: 'next',
  },
  ERR_TLS_CERT_ALTNAME_INVALID: { words: 'its TLS certificate is for another name', retry: 'next' },
  CERT_HAS_EXPIRED: { words: 'its TLS certificate has expired', retry: 'next' },
  ERR_HTTP_SYNTAX: { words: 'what it sent is not HTTP' },
  ERR_HTTP_HEAD_TOO_LARGE: { words: 'its response headers are too large' },
  ERR_INVALID_REQUEST: { words: 'the request cannot be sent, a header of it is not valid' },
  UND_ERR_HEADERS_OVERFLOW: { words: 'its response headers are too large' },
  UND_ERR_PRX_TLS: { words: "the proxy's TLS certificate was not accepted", retry: 'next' },
}

const UNTRUSTED =
  /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(?:_LOCALLY)?)|CERT_.*)$/

/**
 * Why an upstream gave no answer. Names its host and the reason, never the path, query or credentials.
 *
 * @returns `timeout` or `upstream-failed`; what is a GatewayError already stays as it is
 */
export function unanswered(
  cause: Error,
  host: string,
  timeouts: { readonly connect: number; readonly firstByte: number },
): GatewayError {
  if (cause instanceof GatewayError) return cause
  const code = codeOf(cause)
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') {
    const limit = timeouts.connect > 0 ? ` within ${timeouts.connect} ms` : ''
    return new GatewayError('timeout', `${host} could not be reached${limit}`, { cause })
  }
  if (code === 'ERR_HEAD_TIMEOUT' || code === 'UND_ERR_HEADERS_TIMEOUT') {
    return new GatewayError('timeout', `${host} did not begin to answer within ${timeouts.firstByte} ms`, {
      cause,
    })
  }
  const { words, retry } = reasonOf(code, cause)
  return new GatewayError('upstream-failed', `${host} did not answer: ${words}`, {
    cause,
    ...(retry && { retry }),
  })
}

/** Why an answer that had begun has no end. */
export function brokenOff(cause: Error, host: string): GatewayError {
  if (cause instanceof GatewayError) return cause
  const { words } = reasonOf(codeOf(cause), cause)
  return new GatewayError('upstream-broken', `${host} broke off its answer: ${words}`, { cause })
}

/** True for the marks of a connection that the other side had closed already. */
export function isReset(cause: Error): boolean {
  const code = codeOf(cause)
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET'
}

function reasonOf(code: string, cause: Error): { readonly words: string; readonly retry?: 'next' } {
  const known = REASONS[code]
  if (known !== undefined) return known
  if (UNTRUSTED.test(code)) {
    return {
      words: `its TLS certificate is not trusted (${code}); if your network has a CA of its own, name its file in tls.ca or NODE_EXTRA_CA_CERTS`,
      retry: 'next',
    }
  }
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) {
    return { words: `the TLS handshake failed (${code})`, retry: 'next' }
  }
  if (cause.name === 'HTTPParserError') return { words: 'what it sent is not HTTP' }
  const tunnel = /^Proxy response \((\d+)\)/.exec(cause.message)?.[1]
  if (tunnel === '407' || cause.message.startsWith('Proxy Authentication Required'))
    return { words: 'the proxy wants a user name and password in its URL (status 407)', retry: 'next' }
  if (tunnel !== undefined) return { words: `the proxy refused the tunnel (status ${tunnel})`, retry: 'next' }
  return { words: code === '' ? 'the connection failed' : `the connection failed (${code})` }
}

/** The code of an error or, where it has none, of what caused it. */
function codeOf(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    if ('code' in at && typeof at.code === 'string' && at.code !== 'UND_ERR_PRX_CONN') return at.code
  }
  return ''
}
