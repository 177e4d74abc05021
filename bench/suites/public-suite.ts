import type { Running } from '../gateways/start.ts'
import { residentOf } from '../machine/cpu.ts'
import type { Report } from '../report/report.ts'
import { PAIRS, type Pair } from '../traffic/protocols.ts'
import { workload, type Workload } from '../traffic/workloads.ts'
import type { Mock } from '../upstream/mock.ts'
import { startAll, type Bench } from './bench.ts'
import { measure, probe, type Cell, type Sample } from './cell.ts'
import { rowOf, type Row } from './rows.ts'

const CONNECTIONS = 10
/** Of the requests, sent beforehand. */
const WARM_UP = 1 / 16
/** A gateway that would take longer than this for its requests gets fewer of them. Seconds. */
const LONGEST = 30

/**
 * The shape of published comparisons: Chat, Responses and Messages, streamed and not, ten at a time, 8,000 requests
 * each, an upstream that answers at once. Every gateway passes through what it is asked in.
 */
export async function publicSuite(bench: Bench): Promise<Pick<Report, 'rows' | 'resident' | 'notes'>> {
  const requests = bench.quick ? 800 : 8_000
  const load = { kind: 'closed', connections: CONNECTIONS, seconds: 0, requests } as const
  const workloads = [
    workload('json', { size: 'small', shape: 'small', load }),
    workload('stream', { size: 'small', shape: 'small', stream: true, load }),
  ]
  const notes: string[] = []
  const running = await startAll(bench, bench.gateways, notes)
  const rows: Row[] = []
  for (const asked of workloads) {
    for (const pair of [PAIRS.chat, PAIRS.responses, PAIRS.messages]) {
      rows.push(...(await compare(bench.mock, running, { asked, pair, requests }, notes)))
      bench.say(`${pair.name} ${asked.name}`)
    }
  }
  const resident = running.flatMap(({ gateway, pid }) =>
    pid !== undefined && rows.some((row) => row.gateway === gateway.name)
      ? [{ gateway: gateway.name, bytes: residentOf(pid) }]
      : [],
  )
  for (const { stop } of running) await stop()
  return { rows, resident, notes }
}

type Comparison = { readonly asked: Workload; readonly pair: Pair; readonly requests: number }

/** All gateways one after the other; the rig alone comes first. */
async function compare(
  mock: Mock,
  running: readonly Running[],
  { asked, pair, requests }: Comparison,
  notes: string[],
): Promise<Row[]> {
  const rows: Row[] = []
  let floor: readonly Sample[] = []
  for (const one of running) {
    const { name } = one.gateway
    const cell = await probe(mock, one, asked, pair)
    if (cell === undefined) continue
    if (typeof cell === 'string') {
      notes.push(`${name}, ${pair.name} ${asked.name}: ${cell}`)
      continue
    }
    const samples = [await measureAll(mock, cell, requests)]
    if (name === 'direct') floor = samples
    rows.push(rowOf({ cell, wishedPair: pair.name, samples, floor, limit: undefined, latencies: 'whole' }))
  }
  return rows
}

/** Warms up with a part of the requests; that also tells whether the rest would take for ever. */
async function measureAll(mock: Mock, cell: Cell, requests: number): Promise<Sample> {
  const load = { kind: 'closed', connections: CONNECTIONS, seconds: 0 } as const
  const { outcome } = await measure(mock, cell, { ...load, requests: requests * WARM_UP })
  const expected = outcome.seconds / WARM_UP
  const share = Math.min(1, LONGEST / expected)
  return measure(mock, cell, { ...load, requests: Math.ceil(requests * share) })
}
