import { afterEach } from 'vitest'
import { createUpstream, type UpstreamOptions } from '../../src/upstream/client.ts'
import type { Upstream, UpstreamRequest } from '../../src/upstream/upstream.ts'

const open: Upstream[] = []
afterEach(async () => {
  for (const upstream of open.splice(0)) await upstream.close()
})

/** A client of upstreams, closed after the test. */
export function upstreamClient(options: UpstreamOptions): Upstream {
  const upstream = createUpstream(options)
  open.push(upstream)
  return upstream
}

/** A small request to an upstream. */
export function upstreamRequest(url: string, change: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return {
    method: 'POST',
    url,
    headers: {},
    body: '{}',
    timeouts: { connect: 5_000, firstByte: 5_000 },
    signal: new AbortController().signal,
    ...change,
  }
}
