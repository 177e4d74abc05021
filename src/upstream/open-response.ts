import { systemClock } from '../stream/clock.ts'
import type { ByteSource } from '../stream/pump.ts'
import { readAll } from '../stream/read-all.ts'
import { decompress, decompressorsFor } from './decompress.ts'
import type { UpstreamResponse } from './upstream.ts'

/** An answer from its head and the bytes of its body, which are decompressed here; the headers then say so. */
export function openResponse(
  status: number,
  wireHeaders: Readonly<Record<string, string>>,
  raw: ByteSource,
): UpstreamResponse {
  const encoding = wireHeaders['content-encoding']
  const steps = encoding === undefined ? [] : (decompressorsFor(encoding) ?? [])
  if (steps.length === 0) return answer(status, wireHeaders, raw)
  const { 'content-encoding': _encoding, 'content-length': _length, ...headers } = wireHeaders
  return answer(status, headers, steps.reduce(decompress, raw))
}

function answer(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: ByteSource,
): UpstreamResponse {
  const bytes = (limit: number) => readAll(body, { limit, idleMs: 0, clock: systemClock })
  return { status, headers, body, bytes }
}
