import { GatewayError } from '../errors.ts'
import type { ModelEvent } from '../ir/event.ts'
import type { PumpOptions } from '../stream/pump.ts'
import type { Sink } from '../stream/sink.ts'
import { formatSse, parseSse } from '../stream/sse.ts'
import { tapStream } from '../stream/tap.ts'
import type { UpstreamResponse } from '../upstream/upstream.ts'
import { ErrorWatch } from './error-watch.ts'
import type { Exchange } from './exchange.ts'
import type { LaneResult } from './lane.ts'
import type { Pinger } from './pinger.ts'
import { pumpAnswer } from './pump-answer.ts'
import { rememberStream } from './relayed-reasoning.ts'
import { streamedError } from './reply.ts'
import { laneResult } from './stream-events.ts'
import type { Target } from './target.ts'

/**
 * Relays a stream of the client's own protocol byte for byte. A tap reads the usage and whether the stream came to
 * its end; one that did not gets an error event in place of its torn last frame, for a client must never take a
 * broken answer for a whole one. An error that comes before the answer has said anything is not relayed but returned;
 * one that comes later is relayed and returned.
 */
export async function relayBytes(
  exchange: Exchange,
  target: Target,
  response: UpstreamResponse,
  pinger: Pinger,
): Promise<LaneResult> {
  const tap = tapStream(target.codec)
  const memory = rememberStream(exchange, target)
  const opening = new Opening(target, ({ id, model }) => {
    noteMaker(exchange, target, id)
    exchange.answeredBy = model
  })
  let told: GatewayError | undefined
  const transform: PumpOptions['transform'] = (out) => {
    const gate = new ErrorWatch({
      codec: target.codec,
      secrets: exchange.secrets,
      open: (bytes) => out.write(bytes),
      onError: (error) => void (told ??= error),
    })
    const fail = (error: GatewayError, last = tap.last) => {
      told = error
      const { first } = tap
      const ending =
        opening.isRelayed && first !== undefined && last !== undefined
          ? exchange.client.breakOff?.(error, { first, last })
          : undefined
      out.write(ending === undefined ? streamedError(exchange, error) : formatSse(ending))
    }
    return {
      write(chunk) {
        tap.write(chunk)
        memory?.write(chunk)
        const early = opening.push(chunk)
        // Once pings have gone out, the upstream's own error event is as good as ours.
        if (early !== undefined && !exchange.reply.started) throw early
        for (const bytes of opening.release()) gate.push(bytes)
      },
      end() {
        // What the end of the tap may add is a torn frame, which is not relayed.
        const { last } = tap
        tap.end()
        for (const bytes of opening.end()) gate.push(bytes)
        if (tap.complete) gate.flush()
        else if (exchange.reply.started) fail(endedEarly(target), last)
        else throw endedEarly(target)
      },
      // The answer was whole, only its connection stayed open: a second ending would make it an error.
      fail: (error) => (tap.complete ? gate.flush() : fail(error)),
    }
  }
  const result = await pumpAnswer({
    exchange,
    target,
    response,
    transform,
    delivery: 'gathered',
    pinger,
    hasBegun: () => opening.isRelayed,
  })
  if (tap.usage !== undefined) exchange.usage = tap.usage
  const isWhole = tap.complete && told === undefined && result.outcome !== 'aborted'
  return isWhole && result.started ? { ok: true } : laneResult(result, told)
}

const endedEarly = (target: Target): GatewayError =>
  new GatewayError('upstream-broken', `${target.name} ended its answer early`)

/** A response that its provider keeps is asked for by its id alone later. */
export function noteMaker({ deps, client }: Exchange, target: Target, id: unknown): void {
  if (client.id === 'responses' && typeof id === 'string') deps.owners?.note(id, target.provider.name)
}

/** True for what says only that an answer is under way: servers begin an answer and fail it in the next event. */
const isPrelude = ({ type }: ModelEvent): boolean =>
  type === 'response-start' || type === 'usage' || type === 'ping' || type === 'opaque'

/** Bytes of an opening that are read at once. */
const BITE = 1024

/** Decodes and holds back the stream's opening, until an event says whether it is an answer or an error. */
class Opening {
  #decoder: Sink<Uint8Array> | undefined
  #error: GatewayError | undefined
  #held: Buffer[] = []
  #relayed = false

  constructor(target: Target, onStart: (start: ModelEvent & { readonly type: 'response-start' }) => void) {
    const first: Sink<ModelEvent> = {
      write: (event) => {
        if (this.#decoder === undefined) return
        if (event.type === 'response-start') onStart(event)
        if (isPrelude(event)) return
        if (event.type === 'error') this.#error = event.error
        this.#decoder = undefined
      },
      end() {},
    }
    this.#decoder = parseSse()(target.codec.decodeStream()(first))
  }

  /** The error, when the answer is one. */
  push(chunk: Buffer): GatewayError | undefined {
    this.#held.push(chunk)
    // Bite by bite: what follows the opening in a large chunk need not be read.
    for (let at = 0; at < chunk.length && this.#decoder !== undefined; at += BITE)
      this.#decoder.write(chunk.subarray(at, at + BITE))
    return this.#error
  }

  /** True once the opening has gone out. */
  get isRelayed(): boolean {
    return this.#relayed
  }

  /** What may go out now: nothing, until the opening is understood. */
  release(): readonly Buffer[] {
    return this.#decoder === undefined ? this.end() : []
  }

  /** Everything held; the stream is over. */
  end(): readonly Buffer[] {
    this.#relayed = true
    const held = this.#held
    this.#held = []
    return held
  }
}
