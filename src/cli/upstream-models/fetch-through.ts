import type { Network } from '../../providers/provider.ts'
import { createUpstream } from '../../upstream/client.ts'

const LARGEST = 16 * 1024 * 1024
const PATIENCE_MS = 10_000

/**
 * A `fetch` that takes the way to upstreams, where Node's own knows neither proxy nor private certificates. It does GET
 * and HEAD, follows no redirects, and reads the whole answer.
 */
export function fetchThrough(network: Network | undefined): typeof fetch {
  if (network === undefined) return fetch
  return async (input, { method = 'GET', headers, signal } = {}) => {
    const upstream = createUpstream()
    try {
      const answer = await upstream.send({
        method: method === 'HEAD' ? 'HEAD' : 'GET',
        url: input instanceof Request ? input.url : String(input),
        headers: Object.fromEntries(new Headers(headers)),
        timeouts: { connect: PATIENCE_MS, firstByte: PATIENCE_MS },
        network,
        signal: signal ?? new AbortController().signal,
      })
      const bytes = await answer.bytes(LARGEST)
      const hasBody = bytes.length > 0 && ![204, 205, 304].includes(answer.status)
      return new Response(hasBody ? new Uint8Array(bytes) : null, {
        status: answer.status,
        headers: answer.headers,
      })
    } finally {
      await upstream.close()
    }
  }
}
