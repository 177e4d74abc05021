import { GatewayError } from '../errors.ts'

/**
 * An upstream's address, parsed.
 *
 * @throws GatewayError `upstream-failed` for what is no address of the web
 */
export function parseUrl(text: string): URL {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new GatewayError('upstream-failed', "The upstream's address is no URL", { retry: 'next' })
  }
  return url
}
