import { GatewayError } from '../errors.ts'

/** Addresses that were parsed before: requests go to the same few. */
const parsed = new Map<string, URL>()
/** Names of models stand in paths, and clients may ask for any. */
const MOST_PARSED = 1_000

/**
 * An upstream's address, parsed.
 *
 * @returns an address that others read too: not to be changed
 * @throws GatewayError `upstream-failed` for what is no address of the web
 */
export function parseUrl(text: string): Readonly<URL> {
  const known = parsed.get(text)
  if (known !== undefined) return known
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new GatewayError('upstream-failed', "The upstream's address is no URL", { retry: 'next' })
  }
  if (parsed.size >= MOST_PARSED) parsed.clear()
  parsed.set(text, url)
  return url
}
