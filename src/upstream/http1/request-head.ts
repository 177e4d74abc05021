import { isFieldName, isFieldValue } from './syntax.ts'

/** What the head of a request is made of. */
export type RequestHeadParts = {
  readonly method: string
  /** Path and query, percent-encoded. */
  readonly path: string
  /** The `Host` header, unless the headers have one. */
  readonly host: string
  readonly headers: Readonly<Record<string, string>>
  /** Bytes of the body; undefined: there is none. */
  readonly length: number | undefined
}

export type RequestHead = {
  /** The head with its empty line, one byte a character. */
  readonly text: string
  /** What its `Host` header says. */
  readonly host: string
  /** Whether it asks for the connection to be kept. */
  readonly persistent: boolean
}

/** Visible ASCII: what is left of a URL's path once it is parsed, and all that a request line may hold. */
const PATH = /^\/[\x21-\x7e]*$/

/**
 * Writes the head of a request. Whatever could end a line early, or say a second time where the body ends, is refused: a
 * header's value may come from a client.
 *
 * Compression is not asked for where the headers do not ask for it. The length is always that of the body, whatever
 * the headers say.
 *
 * @throws Error with the code `ERR_INVALID_REQUEST`; its message has no header's value
 */
export function writeHead({ method, path, host, headers, length }: RequestHeadParts): RequestHead {
  if (!isFieldName(method)) throw invalid('method')
  if (!PATH.test(path)) throw invalid('path')
  let ownHost: string | undefined
  let encoding = false
  let persistent = true
  let lines = ''
  for (const name of Object.keys(headers)) {
    const value = headers[name]!
    if (!isFieldName(name) || typeof value !== 'string' || !isFieldValue(value)) throw invalid(`header`)
    switch (name.toLowerCase()) {
      case 'host':
        if (ownHost !== undefined) throw invalid('second host header')
        ownHost = value
        continue
      case 'content-length':
        continue
      case 'connection':
        persistent = isPersistent(value)
        continue
      case 'transfer-encoding':
      case 'keep-alive':
      case 'upgrade':
      case 'expect':
        throw invalid(`${name} header`)
      case 'accept-encoding':
        encoding = true
        break
      default:
    }
    lines += `${name}: ${value}\r\n`
  }
  if (!encoding) lines += 'accept-encoding: identity\r\n'
  if (length !== undefined) lines += `content-length: ${length}\r\n`
  const said = ownHost ?? host
  const connection = persistent ? 'keep-alive' : 'close'
  return {
    text: `${method} ${path} HTTP/1.1\r\nhost: ${said}\r\nconnection: ${connection}\r\n${lines}\r\n`,
    host: said,
    persistent,
  }
}

function isPersistent(connection: string): boolean {
  const option = connection.toLowerCase()
  if (option !== 'close' && option !== 'keep-alive') throw invalid('connection header')
  return option === 'keep-alive'
}

function invalid(what: string): Error {
  return Object.assign(new Error(`The request has an invalid ${what}`), { code: 'ERR_INVALID_REQUEST' })
}
