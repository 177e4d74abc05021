import type { Gateway } from '../gateways/gateway.ts'
import type { Running } from '../gateways/start.ts'
import type { Pair } from '../traffic/protocols.ts'
import type { Load, Workload } from '../traffic/workloads.ts'
import type { Bench } from './bench.ts'
import { measure, probe, type Cell, type Sample } from './cell.ts'
import { rowOf, type Row } from './rows.ts'

/** What is to be compared: every gateway that can do a pair, on every workload. */
export type Plan = {
  readonly workloads: readonly Workload[]
  readonly pairs: readonly Pair[]
  readonly rounds: number
  /** False leaves a combination out. */
  readonly wants: (workload: Workload, pair: Pair, gateway: Gateway) => boolean
}

/**
 * Measures interleaved: in each round every gateway once, close to each other in time, the order turned round every
 * other time. A machine that slows down meanwhile slows all of them, and the ratios stay.
 */
export async function interleave(bench: Bench, running: readonly Running[], plan: Plan): Promise<Row[]> {
  const rows: Row[] = []
  for (const [index, workload] of plan.workloads.entries()) {
    const { entries, broken } = await prepare(bench, running, workload, plan)
    const first = bench.quick ? 1.5 : FIRST_WARM_UP
    await warmUp(bench, entries, workload.load, index === 0 ? first : WARM_UP)
    for (let round = 0; round < plan.rounds; round++) {
      const order = round % 2 === 0 ? entries : entries.toReversed()
      for (const { cell, samples } of order) {
        if (mayGoOn(samples)) samples.push(await measure(bench.mock, cell))
      }
    }
    rows.push(...rowsOf(entries, plan), ...broken)
    bench.say(`${workload.name}: ${entries.length} rows`)
  }
  return rows
}

type Entry = { readonly cell: Cell; readonly samples: Sample[]; readonly wished: Pair }

/** One entry for each gateway and pair; the rig and nginx once for each protocol of a client. */
async function prepare(
  bench: Bench,
  running: readonly Running[],
  workload: Workload,
  { pairs, wants }: Plan,
): Promise<{ entries: Entry[]; broken: Row[] }> {
  const entries: Entry[] = []
  const broken: Row[] = []
  for (const pair of pairs) {
    for (const gateway of running) {
      const { name } = gateway.gateway
      if (!wants(workload, pair, gateway.gateway)) continue
      const cell = await probe(bench.mock, gateway, workload, pair)
      if (cell === undefined) continue
      if (typeof cell === 'string') broken.push(brokenRow(workload, pair, name, cell))
      else if (!entries.some((entry) => isSame(entry.cell, cell))) {
        entries.push({ cell, samples: [], wished: pair })
      }
    }
  }
  return { entries, broken }
}

const isSame = (one: Cell, other: Cell): boolean =>
  one.running === other.running && one.pair.name === other.pair.name

function rowsOf(entries: readonly Entry[], { pairs }: Plan): Row[] {
  const reference = (name: string, client: string) =>
    entries.find(({ cell }) => cell.running.gateway.name === name && cell.pair.client === client)?.samples
  return pairs.flatMap((pair) => {
    const floor = reference('direct', pair.client) ?? []
    const limit = reference('nginx', pair.client)
    return entries
      .filter(({ cell, wished }) =>
        isReference(cell.running) ? cell.pair.client === pair.client : wished.name === pair.name,
      )
      .filter(({ samples }) => samples.length > 0)
      .map(({ cell, samples }) =>
        rowOf({ cell, wishedPair: pair.name, samples, floor, limit, latencies: 'added' }),
      )
  })
}

const isReference = ({ gateway }: Running): boolean => gateway.name === 'direct' || gateway.name === 'nginx'

function brokenRow(workload: Workload, pair: Pair, gateway: string, fault: string): Row {
  return {
    workload: workload.name,
    pair: pair.name,
    gateway,
    fault,
    rounds: 0,
    replies: 0,
    cpuPerRequest: 0,
    cpuPerToken: 0,
    leastCpu: 0,
    requestsPerSecond: 0,
    p50: 0,
    p99: 0,
    firstToken: 0,
    rigBound: false,
  }
}

/**
 * What compilers need to settle: long for processes that have done nothing yet. V8 goes on optimising for some 20,000
 * requests, and until then a request costs half as much again. Seconds.
 */
const FIRST_WARM_UP = 6
const WARM_UP = 0.4
/** Those that compile nothing while they run. */
const NEVER_COLD = new Set(['direct', 'nginx', 'litellm'])
const SHORT_WARM_UP = 0.2

/** Applies load that does not count. Paced streams need none: bursts came before them. */
async function warmUp(
  { mock }: Bench,
  entries: readonly Entry[],
  load: Load,
  seconds: number,
): Promise<void> {
  if (load.kind === 'streams') return
  for (const { cell } of entries) {
    const needed = NEVER_COLD.has(cell.running.gateway.name) ? SHORT_WARM_UP : seconds
    await measure(mock, cell, { ...load, seconds: needed })
  }
}

/** What takes so long is given up after two rounds, for the sake of the whole run. Seconds. */
const LONG = 2.5

const mayGoOn = (samples: readonly Sample[]): boolean =>
  samples.length < 2 || samples.every(({ outcome }) => outcome.seconds < LONG)
