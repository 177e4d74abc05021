import { invalidRequest } from '../errors.ts'

/** Names and addresses that never leave a private network: containers, clusters, the machine itself. */
const PRIVATE_NAME = /^[^.]+$|\.(?:local|localhost|internal|lan|home|svc)$|\.svc\.cluster\.local$/
const PRIVATE_ADDRESS =
  /^(?:127|10)\.|^192\.168\.|^172\.(?:1[6-9]|2\d|3[01])\.|^169\.254\.|^0\.0\.0\.0$|^\[(?:::1|f[cd])/

/** True for this machine itself. */
export function isLoopback(url: URL): boolean {
  return url.hostname === 'localhost' || /^127\.|^\[::1\]$/.test(url.hostname)
}

/** True for hosts that a request cannot leave the private network for. */
export function isPrivate(url: URL): boolean {
  return PRIVATE_NAME.test(url.hostname) || PRIVATE_ADDRESS.test(url.hostname)
}

/**
 * Reads an address of the config. White space and quotes around it are forgiven; plain `http:` only inside a
 * private network, since a key goes along.
 *
 * @param field the config key, for the message
 * @throws GatewayError `invalid-request`
 */
export function readUrl(text: string, field: string): URL {
  const cleaned = unquote(text)
  if (!/^https?:\/\//i.test(cleaned) || !URL.canParse(cleaned)) {
    throw invalidRequest(`${field} is not a web address: ${JSON.stringify(cleaned)}`, field)
  }
  const url = new URL(cleaned)
  if (url.username !== '' || url.password !== '') {
    throw invalidRequest(`${field} must not contain credentials; put the key into apiKey`, field)
  }
  if (url.protocol === 'http:' && !isPrivate(url)) {
    throw invalidRequest(`${field} must be https: ${url.host} is not in a private network`, field)
  }
  url.hash = ''
  return url
}

/** The text without the white space, quotes or angle brackets that copying brings along. */
export function unquote(text: string): string {
  return text
    .trim()
    .replace(/^["'`<]+|["'`>]+$/g, '')
    .trim()
}

/** Addresses that were made before: requests go to the same few. */
const made = new Map<string, string>()
/** Names of models stand in paths, and clients may ask for any. */
const MOST_MADE = 1_000

const NO_QUERY: Readonly<Record<string, string>> = {}

/** The address with a path added to its own, and query parameters to its own. */
export function under(
  base: URL | string,
  path: string,
  query: Readonly<Record<string, string>> = NO_QUERY,
): string {
  const href = typeof base === 'string' ? base : base.href
  const asked = query === NO_QUERY ? '' : JSON.stringify(query)
  const key = `${href} ${path} ${asked}`
  const known = made.get(key)
  if (known !== undefined) return known
  const address = addressUnder(base, path, query)
  if (made.size >= MOST_MADE) made.clear()
  made.set(key, address)
  return address
}

function addressUnder(base: URL | string, path: string, query: Readonly<Record<string, string>>): string {
  const url = new URL(base)
  url.pathname = url.pathname.replace(/\/+$/, '') + path
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return url.href
}

/** The address without a trailing slash and without the first of the endings that it has. */
export function withoutEnding(base: URL, ...endings: readonly string[]): URL {
  const url = new URL(base)
  const path = url.pathname.replace(/\/+$/, '')
  const ending = endings.find((candidate) => path.endsWith(candidate))
  url.pathname = ending === undefined ? path : path.slice(0, -ending.length)
  return url
}
