import { clientGone, type GatewayError } from '../errors.ts'
import type { ModelEvent } from '../ir/event.ts'
import { unfold } from '../ir/fold.ts'
import type { ModelResponse } from '../ir/response.ts'
import type { Usage } from '../ir/usage.ts'
import type { PumpOptions, PumpResult } from '../stream/pump.ts'
import { run, type Sink, type Stage } from '../stream/sink.ts'
import { formatSse, parseSse, type FrameSink, type SseOptions } from '../stream/sse.ts'
import type { UpstreamResponse } from '../upstream/upstream.ts'
import { estimatePrompt } from './estimate-prompt.ts'
import { estimateEarly } from './early-usage.ts'
import type { Exchange } from './exchange.ts'
import type { LaneResult } from './lane.ts'
import { withoutSecrets } from './own-secrets.ts'
import type { Pinger } from './pinger.ts'
import { pumpAnswer } from './pump-answer.ts'
import { startStream } from './reply.ts'
import type { Target } from './target.ts'

/** Lets a stage that was made before the stream end it: a stop sequence was met, the rest is of no use. */
export type Cut = { finish?: () => void }

/** What it takes to stream one translated answer. */
export type EventStream = {
  readonly exchange: Exchange
  readonly target: Target
  readonly response: UpstreamResponse
  /** Undoes the adaptations and wraps the seals. */
  readonly restore: Stage<ModelEvent, ModelEvent>
  readonly pinger: Pinger
  readonly cut: Cut
}

/**
 * Streams a translated answer: bytes → events of the upstream's protocol → IR → events of the client's protocol →
 * bytes, all synchronous within one tick. An error that comes before the answer has said anything is not written but
 * returned, so that it keeps its status and another target may be tried.
 */
export async function streamEvents(stream: EventStream): Promise<LaneResult> {
  const { exchange, target, response, restore, pinger, cut } = stream
  const watch = new Watch(exchange)
  const transform: PumpOptions['transform'] = (out, finish) => {
    cut.finish = finish
    const frames: FrameSink = {
      write: (event) => out.write(formatSse(event)),
      frame: (bytes) => out.bytes(bytes),
      end: () => out.end(),
    }
    const client = exchange.client.encodeStream(exchange.context)(frames)
    const events = watch.stage(restore(withEarlyUsage(exchange, target, client)))
    const bytes = parseSse(sseOptions(exchange))(target.codec.decodeStream()(events))
    return {
      write: (chunk) => bytes.write(chunk),
      end: () => bytes.end(),
      fail: (error) => {
        events.write({ type: 'error', error })
        events.end()
      },
    }
  }
  const result = await pumpAnswer({
    exchange,
    target,
    response,
    transform,
    pinger,
    hasBegun: () => watch.hasBegun,
  })
  exchange.usage = watch.usage ?? exchange.usage
  return laneResult(result, watch.error)
}

/** Streams an answer that the upstream, against the request, sent whole. */
export function streamAnswer(
  exchange: Exchange,
  answer: ModelResponse,
  upstream: Readonly<Record<string, string>>,
): LaneResult {
  const { reply, client, context } = exchange
  if (!reply.started) startStream(exchange, upstream)
  for (const event of run(client.encodeStream(context), unfold(answer))) reply.write(formatSse(event))
  reply.end()
  return { ok: true }
}

/** Clients of Messages read the prompt's size at the start; to others usage is told once, at the end. */
function withEarlyUsage(exchange: Exchange, target: Target, client: Sink<ModelEvent>): Sink<ModelEvent> {
  return exchange.client.id === 'messages'
    ? estimateEarly(() => estimatePrompt(exchange, target))(client)
    : client
}

const sseOptions = ({ deps }: Exchange): SseOptions =>
  deps.settings.fastPaths === 'off' ? { fastPaths: 'off' } : {}

/** How a lane ended, from how its pump did and what was said in the stream. */
export function laneResult(result: PumpResult, told: GatewayError | undefined): LaneResult {
  if (result.outcome === 'aborted') {
    return { ok: false, error: clientGone() }
  }
  const error = result.outcome === 'done' ? told : (told ?? result.error)
  return error === undefined ? { ok: true } : { ok: false, error }
}

/**
 * Watches the events go by: the usage, and an error, which is thrown as long as nothing has gone to the client. The
 * opening waits for what follows it: servers begin an answer and fail it in the next event.
 */
class Watch {
  usage: Usage | undefined
  error: GatewayError | undefined
  readonly #exchange: Exchange
  /** Undefined once the answer has really begun. */
  #opening: ModelEvent[] | undefined = []

  constructor(exchange: Exchange) {
    this.#exchange = exchange
  }

  /** True once the answer has said something, and so what goes before it has been told. */
  get hasBegun(): boolean {
    return this.#opening === undefined
  }

  stage(next: Sink<ModelEvent>): Sink<ModelEvent> {
    const begin = (opening: readonly ModelEvent[]) => {
      for (const event of opening) next.write(event)
      this.#opening = undefined
    }
    return {
      write: (said) => {
        let event = said
        switch (said.type) {
          case 'error':
            event = { ...said, error: withoutSecrets(said.error, this.#exchange.secrets) }
            this.error ??= event.error
            if (this.#opening !== undefined && !this.#exchange.reply.started) throw event.error
            break
          case 'response-start':
            this.#exchange.answeredBy = said.model
            if (this.#opening !== undefined) return void this.#opening.push(said)
            break
          case 'usage':
            this.usage = { ...this.usage, ...said.usage }
            if (this.#opening !== undefined) return void this.#opening.push(said)
            break
          case 'ping':
            next.write(said)
            return
        }
        if (this.#opening !== undefined) begin(this.#opening)
        next.write(event)
      },
      end: () => {
        if (this.#opening !== undefined) begin(this.#opening)
        next.end()
      },
    }
  }
}
