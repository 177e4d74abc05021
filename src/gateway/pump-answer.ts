import { pump, type PumpOptions, type PumpResult } from '../stream/pump.ts'
import type { UpstreamResponse } from '../upstream/upstream.ts'
import type { Exchange } from './exchange.ts'
import type { Pinger } from './pinger.ts'
import { releaseRequest } from './release-request.ts'
import { startStream } from './reply.ts'
import type { Target } from './target.ts'

/** What it takes to move one streamed answer from its upstream to its client. */
export type AnswerPump = {
  readonly exchange: Exchange
  readonly target: Target
  readonly response: UpstreamResponse
  readonly transform: PumpOptions['transform']
  readonly pinger: Pinger
  readonly delivery?: PumpOptions['delivery']
  /** False while what goes to the client is not yet part of the answer: the upstream's own pings, say. */
  readonly hasBegun: () => boolean
}

/** Runs the pump with this exchange's limits; the head goes out with the first byte, whatever causes it. */
export function pumpAnswer(answer: AnswerPump): Promise<PumpResult> {
  const { exchange, target, response, transform, pinger, hasBegun, delivery = 'each' } = answer
  const { call, deps, reply } = exchange
  pinger.stop()
  const commit = () => {
    if (!reply.started) startStream(exchange, response.headers)
  }
  return pump({
    source: response.body,
    transform,
    delivery,
    writer: reply,
    signal: call.signal,
    pingAfterMs: deps.settings.pingAfterMs,
    ping: pinger.next,
    onFirstOutput: () => {
      pinger.answering()
      commit()
      if (hasBegun()) releaseRequest(exchange)
    },
    onCommit: commit,
    idleMs: target.provider.timeouts.idle,
    clock: deps.clock,
  })
}
