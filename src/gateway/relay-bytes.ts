import { GatewayError } from '../errors.ts'
import type { ModelEvent } from '../ir/event.ts'
import { FrameGate } from '../stream/frame-gate.ts'
import type { PumpOptions } from '../stream/pump.ts'
import type { Sink } from '../stream/sink.ts'
import { parseSse } from '../stream/sse.ts'
import { tapStream } from '../stream/tap.ts'
import type { UpstreamResponse } from '../upstream/upstream.ts'
import type { Exchange } from './exchange.ts'
import type { LaneResult } from './lane.ts'
import type { Pinger } from './pinger.ts'
import { pumpAnswer } from './pump-answer.ts'
import { streamedError } from './reply.ts'
import { laneResult } from './stream-events.ts'
import type { Target } from './target.ts'

/**
 * Relays a stream of the client's own protocol byte for byte. A tap reads the usage and whether the stream came to
 * its end; one that did not gets an error event in place of its torn last frame, for a client must never take a
 * broken answer for a whole one. An error that is the very first event is not relayed but returned.
 */
export async function relayBytes(
  exchange: Exchange,
  target: Target,
  response: UpstreamResponse,
  pinger: Pinger,
): Promise<LaneResult> {
  const tap = tapStream(target.codec)
  const opening = new Opening(target, (id) => noteMaker(exchange, target, id))
  let told: GatewayError | undefined
  const transform: PumpOptions['transform'] = (out) => {
    const gate = new FrameGate((bytes) => out.write(bytes))
    const fail = (error: GatewayError) => {
      told = error
      out.write(streamedError(exchange, error))
    }
    return {
      write(chunk) {
        tap.write(chunk)
        const early = opening.push(chunk)
        // Once pings have gone out, the upstream's own error event is as good as ours.
        if (early !== undefined && !exchange.reply.started) throw early
        gate.push(chunk)
      },
      end() {
        tap.end()
        if (tap.complete) gate.flush()
        else if (exchange.reply.started) fail(endedEarly(target))
        else throw endedEarly(target)
      },
      fail,
    }
  }
  const result = await pumpAnswer({ exchange, target, response, transform, pinger })
  if (tap.usage !== undefined) exchange.usage = tap.usage
  return laneResult(result, told)
}

const endedEarly = (target: Target): GatewayError =>
  new GatewayError('upstream-broken', `${target.name} ended its answer early`)

/** A response that its provider keeps is asked for by its id alone later. */
export function noteMaker({ deps, client }: Exchange, target: Target, id: unknown): void {
  if (client.id === 'responses' && typeof id === 'string') deps.owners?.note(id, target.provider.name)
}

/** Decodes the stream's opening, until its first event says whether it is an answer or an error. */
class Opening {
  #bytes: Sink<Uint8Array> | undefined
  #error: GatewayError | undefined

  constructor(target: Target, onStart: (id: string) => void) {
    const first: Sink<ModelEvent> = {
      write: (event) => {
        if (event.type === 'ping' || this.#bytes === undefined) return
        if (event.type === 'error') this.#error = event.error
        if (event.type === 'response-start') onStart(event.id)
        this.#bytes = undefined
      },
      end() {},
    }
    this.#bytes = parseSse()(target.codec.decodeStream()(first))
  }

  /** The error, when the first event is one. */
  push(chunk: Uint8Array): GatewayError | undefined {
    this.#bytes?.write(chunk)
    return this.#error
  }
}
