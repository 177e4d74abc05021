import type { Gateway } from '../gateways/gateway.ts'
import type { Running } from '../gateways/start.ts'
import { median } from '../load/statistics.ts'
import type { Report } from '../report/report.ts'
import { PAIRS } from '../traffic/protocols.ts'
import { workload, type Workload } from '../traffic/workloads.ts'
import type { Mock } from '../upstream/mock.ts'
import { startGateway, type Bench } from './bench.ts'
import { measure, probe, type Cell } from './cell.ts'

/** How cost grows with one thing. */
export type Series = {
  readonly name: string
  /** What is on the axis, with its unit. */
  readonly by: string
  /** What a point's cost is for: a request or a token. */
  readonly per: 'request' | 'token'
  readonly points: readonly { readonly at: number; readonly cpu: number; readonly bytes: number }[]
  readonly fault?: string
}

type Point = { readonly at: number; readonly workload: Workload; readonly extraModels?: number }
type Growth = Pick<Series, 'name' | 'by' | 'per'> & { readonly points: readonly Point[] }

const closed = { kind: 'closed', connections: 4, seconds: 0.6 } as const
const TURN = 200

const json = (size: { system: number; tools: number; turns: number; turn: number }): Workload =>
  workload('growth', { size, shape: 'small', load: closed })

const GROWTHS: readonly Growth[] = [
  {
    name: 'body',
    by: 'kilobytes of request',
    per: 'request',
    points: [10, 30, 100, 250, 1_000, 3_000, 10_000].map((at) => ({
      at,
      workload: json({ system: 1_000, tools: 0, turns: 9, turn: (at * 950) / 9 }),
    })),
  },
  {
    name: 'history',
    by: 'turns',
    per: 'request',
    points: [1, 10, 50, 200, 500, 1_000, 2_000].map((at) => ({
      at,
      workload: json({ system: 300, tools: 1, turns: at, turn: TURN }),
    })),
  },
  {
    name: 'tools',
    by: 'tools declared',
    per: 'request',
    points: [1, 5, 20, 50, 100, 200, 500].map((at) => ({
      at,
      workload: json({ system: 300, tools: at, turns: 1, turn: 500 }),
    })),
  },
  {
    name: 'streams',
    by: 'streams open at once',
    per: 'token',
    // Four tokens a second each: 2,000 streams keep the gateway busy, not drowned.
    points: [10, 50, 200, 500, 1_000, 2_000].map((at) => ({
      at,
      workload: workload('growth', {
        size: 'small',
        shape: 'slow',
        stream: true,
        pacing: { kind: 'paced', everyMs: 250 },
        load: { kind: 'streams', streams: at },
      }),
    })),
  },
  {
    name: 'models',
    by: 'models configured',
    per: 'request',
    points: [0, 10, 100, 1_000, 10_000].map((at) => ({
      at: at + 3,
      extraModels: at,
      workload: json({ system: 300, tools: 0, turns: 1, turn: 500 }),
    })),
  },
]

/** How a request's CPU grows with its size, its history, its tools, the streams beside it, and the models configured. */
export async function growthSuite(
  bench: Bench,
  gateway: Gateway,
  rounds: number,
): Promise<Pick<Report, 'growth' | 'notes'>> {
  const growth: Series[] = []
  for (const series of GROWTHS) {
    growth.push(await seriesOf(bench, gateway, series, rounds))
    bench.say(series.name)
  }
  return { growth, notes: [] }
}

async function seriesOf(bench: Bench, gateway: Gateway, growth: Growth, rounds: number): Promise<Series> {
  const { points, ...named } = growth
  const shared = points.some((point) => point.extraModels !== undefined)
    ? undefined
    : await startGateway(bench, gateway)
  const started: Running[] = shared === undefined ? [] : [shared]
  try {
    const cells: { at: number; cell: Cell; cpu: number[] }[] = []
    for (const { at, workload: asked, extraModels } of points) {
      const running = shared ?? (await startGateway(bench, gateway, extraModels))
      if (running !== shared) started.push(running)
      const cell = await probe(bench.mock, running, asked, PAIRS.messagesToChat)
      if (typeof cell !== 'object') return { ...named, points: [], fault: `${at}: ${cell ?? 'not offered'}` }
      await warmUp(bench.mock, cell, cells.length === 0 || shared === undefined ? 2 : 0.5)
      cells.push({ at, cell, cpu: [] })
    }
    for (let round = 0; round < rounds; round++) {
      for (const { cell, cpu } of round % 2 === 0 ? cells : cells.toReversed()) {
        const { cpuPerRequest, outcome } = await measure(bench.mock, cell)
        if (outcome.fault !== undefined) return { ...named, points: [], fault: outcome.fault }
        cpu.push(growth.per === 'token' ? cpuPerRequest / cell.tokens : cpuPerRequest)
      }
    }
    return {
      ...named,
      points: cells.map(({ at, cell, cpu }) => ({ at, cpu: median(cpu), bytes: cell.request.length })),
    }
  } finally {
    for (const { stop } of started) await stop()
  }
}

/** Lets compilers settle, for longer in a process that has done nothing yet. */
async function warmUp(mock: Mock, cell: Cell, seconds: number): Promise<void> {
  const { load } = cell.workload
  if (load.kind === 'closed') await measure(mock, cell, { ...load, seconds })
  else if (seconds > 1) await measure(mock, cell, { ...load, streams: 300 })
}
