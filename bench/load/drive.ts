import { setTimeout as sleep } from 'node:timers/promises'
import type { Load } from '../traffic/workloads.ts'
import { keepAwake } from './awake.ts'
import { Client, type Reply } from './client.ts'
import { median, percentile } from './statistics.ts'

/** What a round of load found. Times in milliseconds. */
export type Outcome = {
  readonly replies: number
  readonly seconds: number
  /** Answers that were wrong, and what was wrong with the first of them. */
  readonly failures: number
  readonly fault: string | undefined
  readonly p50: number
  readonly p99: number
  /** To the first token. */
  readonly firstToken: number
  /** Of a token through the gateway and the rig; 0 where tokens are not stamped. */
  readonly tokenDelay: number
  readonly tokenDelay99: number
}

export type Drive = {
  readonly port: number
  /** Head and body. */
  readonly request: Buffer
  readonly load: Load
  /** Tokens that every answer must hold. */
  readonly marks: number
  readonly stamped: boolean
}

/** Applies a load and waits for every answer. */
export async function drive(options: Drive): Promise<Outcome> {
  const { load } = options
  const replies: Reply[] = []
  const startedAt = performance.now()
  if (load.kind === 'closed') {
    const mayRest = keepAwake()
    await closedLoop(options, load, replies)
    mayRest()
  } else await openStreams(options, load.streams, replies)
  return summary(replies, options.marks, performance.now() - startedAt)
}

function closedLoop(
  { port, request }: Drive,
  { connections, seconds, requests = Infinity }: Load & { kind: 'closed' },
  replies: Reply[],
): Promise<void> {
  const until = requests === Infinity ? performance.now() + seconds * 1000 : Infinity
  let left = requests
  return new Promise((resolve) => {
    let open = connections
    for (let index = 0; index < connections; index++) {
      const client = new Client(port)
      const next = () => {
        if (left > 0 && performance.now() < until) {
          left -= 1
          client.send(request, done)
          return
        }
        client.close()
        if (--open === 0) resolve()
      }
      const done = (reply: Reply) => {
        replies.push(reply)
        // A gateway that is down would otherwise be asked again at once, for ever.
        if (reply.fault === undefined) next()
        else setTimeout(next, 20)
      }
      next()
    }
  })
}

/** Over how long the streams of a round are started; their ends then do not coincide either. Milliseconds. */
const STAGGER_MS = 300

async function openStreams(
  { port, request, stamped }: Drive,
  streams: number,
  replies: Reply[],
): Promise<void> {
  const over: Promise<void>[] = []
  const startedAt = performance.now()
  for (let index = 0; index < streams; index++) {
    const wait = startedAt + (index * STAGGER_MS) / streams - performance.now()
    if (wait > 1) await sleep(wait)
    const client = new Client(port)
    over.push(
      new Promise((resolve) => {
        const done = (reply: Reply) => {
          replies.push(reply)
          client.close()
          resolve()
        }
        client.send(request, done, stamped ? { stamps: true } : {})
      }),
    )
  }
  await Promise.all(over)
}

function summary(replies: readonly Reply[], marks: number, milliseconds: number): Outcome {
  const wrong = replies.filter((reply) => faultOf(reply, marks) !== undefined)
  const latencies = replies.map((reply) => reply.endedAt - reply.sentAt)
  const delays = replies.flatMap((reply) => reply.delays)
  return {
    replies: replies.length,
    seconds: milliseconds / 1000,
    failures: wrong.length,
    fault: wrong[0] && faultOf(wrong[0], marks),
    p50: median(latencies),
    p99: percentile(latencies, 99),
    firstToken: median(replies.flatMap(({ firstAt, sentAt }) => (firstAt > 0 ? [firstAt - sentAt] : []))),
    tokenDelay: median(delays),
    tokenDelay99: percentile(delays, 99),
  }
}

function faultOf(reply: Reply, marks: number): string | undefined {
  if (reply.fault !== undefined) return reply.fault
  if (reply.status !== 200) return `status ${reply.status}`
  return reply.marks === marks ? undefined : `${reply.marks} of ${marks} tokens`
}
