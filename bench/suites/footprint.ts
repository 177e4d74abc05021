import { setTimeout as sleep } from 'node:timers/promises'
import type { Gateway, Installation } from '../gateways/gateway.ts'
import { requestBytes, type Running } from '../gateways/start.ts'
import { Client } from '../load/client.ts'
import { median } from '../load/statistics.ts'
import { residentOf } from '../machine/cpu.ts'
import type { Pair } from '../traffic/protocols.ts'
import { requestBody } from '../traffic/request.ts'
import { workload, type Workload } from '../traffic/workloads.ts'
import { firstPair, startGateway, type Bench } from './bench.ts'

/** What a gateway takes before and between requests. Bytes and milliseconds. */
export type Footprint = {
  readonly gateway: string
  readonly pair: string
  readonly installed: number
  readonly startedIn: number
  readonly idle: number
  /** Resident with so many streams open, and what that makes for each. */
  readonly streams: readonly {
    readonly open: number
    readonly resident: number
    readonly perStream: number
  }[]
  /** For each stream that a request of 250 KB opened. */
  readonly perLargeStream: number
}

const HELD = { stream: true, pacing: { kind: 'hold' }, load: { kind: 'streams', streams: 0 } } as const
const SMALL = workload('held', { size: 'small', shape: 'burst-text', ...HELD })
const LARGE = workload('held-large', { size: 'agent', shape: 'burst-text', ...HELD })
const STARTS = 5
/** What takes longer than this to start is started once. Milliseconds. */
const SLOW_START = 2_000
/** Garbage is collected when it pleases; after this, memory is read. Milliseconds. */
const SETTLE_MS = 2_000

/** Start, memory and size of each gateway; each figure from processes that do nothing else. */
export async function footprints(
  bench: Bench,
  gateways: readonly Gateway[],
  notes: string[],
): Promise<Footprint[]> {
  const found: Footprint[] = []
  for (const gateway of gateways) {
    const installation = gateway.find()
    const pair = firstPair(gateway, bench.mock)
    if (gateway.name === 'direct' || typeof installation === 'string' || pair === undefined) continue
    try {
      found.push(await footprintOf(bench, gateway, installation, pair))
    } catch (thrown) {
      notes.push(`${gateway.name}, memory: ${(thrown as Error).message}`)
    }
  }
  bench.say('start and memory')
  return found
}

async function footprintOf(
  bench: Bench,
  gateway: Gateway,
  { bytes }: Installation,
  pair: Pair,
): Promise<Footprint> {
  const starts: number[] = []
  while (starts.length < (bench.quick ? 3 : STARTS) && (starts[0] ?? 0) < SLOW_START) {
    const running = await startGateway(bench, gateway)
    starts.push(running.startedIn)
    await running.stop()
  }
  const slow = (starts[0] ?? 0) > SLOW_START
  const steps = bench.quick || slow ? [500] : [500, 2000]
  const small = await openStreams(bench, gateway, pair, SMALL, steps)
  const large = await openStreams(bench, gateway, pair, LARGE, [bench.quick || slow ? 200 : 500])
  return {
    gateway: gateway.name,
    pair: pair.name,
    installed: bytes,
    startedIn: median(starts),
    idle: small.idle,
    streams: small.levels,
    perLargeStream: large.levels.at(-1)?.perStream ?? 0,
  }
}

type Held = { readonly idle: number; readonly levels: Footprint['streams'] }

async function openStreams(
  bench: Bench,
  gateway: Gateway,
  pair: Pair,
  { conversation, answer }: Workload,
  steps: readonly number[],
): Promise<Held> {
  const { mock } = bench
  const running: Running = await startGateway(bench, gateway)
  const clients: Client[] = []
  try {
    const ask = gateway.ask(pair, mock.port)!
    const request = requestBytes(ask, pair.client, requestBody(pair.client, conversation, ask.model))
    await sleep(500)
    const idle = residentOf(running.pid!)
    mock.answer(answer)
    const levels: { open: number; resident: number; perStream: number }[] = []
    for (const open of steps) {
      while (clients.length < open)
        await openBatch(running.port, request, clients, Math.min(20, open - clients.length))
      await sleep(SETTLE_MS)
      const resident = residentOf(running.pid!)
      levels.push({ open, resident, perStream: (resident - idle) / open })
    }
    return { idle, levels }
  } finally {
    for (const client of clients) client.close()
    await running.stop()
  }
}

const FIRST_TOKEN_MS = 30_000

/** Opens streams and waits for the first token of each, so that none is still on its way in. */
async function openBatch(port: number, request: Buffer, clients: Client[], count: number): Promise<void> {
  const opened = Array.from({ length: count }, () => {
    const client = new Client(port)
    clients.push(client)
    return new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('an open stream got no token')), FIRST_TOKEN_MS)
      const begun = () => {
        clearTimeout(timer)
        resolve()
      }
      client.send(
        request,
        ({ status, fault }) => {
          clearTimeout(timer)
          reject(new Error(`an open stream ended: ${fault ?? `status ${status}`}`))
        },
        { begun },
      )
    })
  })
  await Promise.all(opened)
}
