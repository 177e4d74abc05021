import type { GatewayError } from '../errors.ts'
import type { UpstreamResponse } from '../upstream/upstream.ts'
import type { UpstreamCodec } from './codecs.ts'

/** An error body is read up to here; what is longer is no error message. Bytes. */
const LONGEST_ERROR = 1024 * 1024

/** What an answer without success means. */
export async function failureOf(
  response: UpstreamResponse,
  codec: Pick<UpstreamCodec, 'decodeError'>,
): Promise<GatewayError> {
  const body = await response.bytes(LONGEST_ERROR).catch(() => Buffer.alloc(0))
  return codec.decodeError({
    status: response.status,
    headers: response.headers,
    body: body.toString('utf8'),
  })
}

/** Statuses by which an upstream says that it has no such route; a missing deployment is told by them too. */
const UNKNOWN_ADDRESS: ReadonlySet<number> = new Set([404, 405, 501])

/** True when the upstream itself knows nothing at this address. */
export function isAddressUnknown({ details }: GatewayError): boolean {
  return details.upstream !== undefined && UNKNOWN_ADDRESS.has(details.upstream.status)
}
