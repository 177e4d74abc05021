import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { constants, createGzip } from 'node:zlib'
import type { Faults } from './script.ts'
import type { ReceivedRequest } from './received.ts'

/** Everything to be written for one request. A whole answer is a stream of one event. */
export type Delivery = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly events: readonly (string | Uint8Array)[]
  readonly faults: Faults
}

/** The client's leaving, as an option of whatever waits. */
type Left = { readonly signal: AbortSignal }

/** Writes an answer with its faults, minding backpressure, until it is complete, cut or left by its client. */
export async function deliver(
  delivery: Delivery,
  response: ServerResponse,
  request: ReceivedRequest,
): Promise<void> {
  const { faults } = delivery
  const leaving = new AbortController()
  response.on('close', () => leaving.abort())
  const left: Left = { signal: leaving.signal }
  try {
    if (faults.firstByteDelayMs !== undefined) await sleep(faults.firstByteDelayMs, undefined, left)
    request.status = delivery.status
    response.writeHead(delivery.status, {
      ...delivery.headers,
      ...(faults.contentType !== undefined && { 'content-type': faults.contentType }),
      ...(faults.gzip === true && { 'content-encoding': 'gzip' }),
    })
    response.flushHeaders()
    await writeEvents(delivery, response, request, left)
  } catch (error) {
    if (!left.signal.aborted) throw error
  }
}

async function writeEvents(
  { events, faults }: Delivery,
  response: ServerResponse,
  request: ReceivedRequest,
  left: Left,
): Promise<void> {
  const out = faults.gzip === true ? gzipTo(response) : response
  const cutAt = faults.cutAfterBytes ?? Infinity
  for (const [index, event] of events.entries()) {
    if (left.signal.aborted) return
    if (index > 0 && faults.pacingMs !== undefined) await sleep(faults.pacingMs, undefined, left)
    if (faults.stallAfterEvents?.events === index) await stall(faults.stallAfterEvents.ms, left)
    if (faults.cutAfterEvents === index) return breakOff(faults, response, request)
    if (faults.endAfterEvents === index) break
    for (const piece of split(event, faults.chunkBytes)) {
      const kept = piece.subarray(0, cutAt - request.bytesSent)
      request.bytesSent += kept.length
      const roomy = out.write(kept)
      if (kept.length < piece.length || request.bytesSent >= cutAt) return breakOff(faults, response, request)
      // A turn of the event loop lets each piece leave as a packet of its own.
      if (faults.chunkBytes !== undefined) await turn(undefined, left)
      if (!roomy) await once(out, 'drain', left)
    }
  }
  if (faults.stallAfterEvents !== undefined && faults.stallAfterEvents.events >= events.length) {
    await stall(faults.stallAfterEvents.ms, left)
  }
  if ((faults.cutAfterEvents ?? -1) >= events.length) return breakOff(faults, response, request)
  out.end()
}

async function stall(ms: number | undefined, left: Left): Promise<void> {
  if (ms !== undefined) return await sleep(ms, undefined, left)
  await once(left.signal, 'abort')
}

/** Breaks the connection off once what was written has left: no last chunk, so the client knows it is torn. */
async function breakOff(
  { cutBy }: Faults,
  response: ServerResponse,
  request: ReceivedRequest,
): Promise<void> {
  request.settle('cut')
  await turn()
  if (cutBy === 'reset') response.socket?.resetAndDestroy()
  else response.socket?.destroySoon()
}

function split(event: string | Uint8Array, size: number | undefined): Uint8Array[] {
  const bytes = typeof event === 'string' ? Buffer.from(event) : event
  if (size === undefined || bytes.length <= size) return [bytes]
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size))
  return pieces
}

function gzipTo(response: ServerResponse): NodeJS.WritableStream {
  const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH })
  gzip.pipe(response)
  return gzip
}
