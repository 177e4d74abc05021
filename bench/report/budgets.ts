import type { Row } from '../suites/rows.ts'
import type { Report } from './report.ts'
import { figure, type Table } from './table.ts'

/** What the project promises itself: a figure that is to stay below (or, for peers, above) a bound. */
type Budget = {
  readonly what: string
  readonly better: 'less' | 'more'
  readonly budget: number
  readonly stretch: number
  readonly unit?: string
  read(report: Report): number | undefined
}

const rowOf = ({ rows }: Report, workload: string, pair: string, gateway = 'dragoman'): Row | undefined =>
  rows.find(
    (row) => row.workload === workload && row.pair === pair && row.gateway === gateway && row.rounds > 0,
  )

/** CPU against nginx; the worst of the pairs. */
const againstNginx = (
  what: string,
  workload: string,
  pairs: readonly string[],
  budget: number,
  stretch: number,
): Budget => ({
  what: `${what} ÷ nginx`,
  better: 'less',
  budget,
  stretch,
  read(report) {
    const ratios = pairs.flatMap((pair) => rowOf(report, workload, pair)?.ratio ?? [])
    return ratios.length === 0 ? undefined : Math.max(...ratios)
  },
})

const PEER_PAIRS = ['messages→chat', 'chat→messages', 'messages→responses', 'messages→messages']

/** CPU of a peer against ours; the least favourable of the pairs that both do. */
const againstPeer = (peer: string, workload: string, budget: number, stretch: number): Budget => ({
  what: `${peer} ÷ us, ${workload}`,
  better: 'more',
  budget,
  stretch,
  read(report) {
    const ratios = PEER_PAIRS.flatMap((pair) => {
      const ours = rowOf(report, workload, pair)
      const theirs = rowOf(report, workload, pair, peer)
      return ours === undefined || theirs === undefined ? [] : [theirs.cpuPerRequest / ours.cpuPerRequest]
    })
    return ratios.length === 0 ? undefined : Math.min(...ratios)
  },
})

const TRANSLATED = ['messages→chat', 'chat→messages', 'messages→responses']
const PASSED = ['messages→messages']
const KB = 1024
const MB = 1024 ** 2
const footprint = ({ footprints }: Report) => footprints.find(({ gateway }) => gateway === 'dragoman')

const perBytes = (divisor: number, bytes: number | undefined): number | undefined =>
  bytes === undefined ? undefined : bytes / divisor

const BUDGETS: readonly Budget[] = [
  againstNginx('small-json, translated', 'small-json', TRANSLATED, 7, 4),
  againstNginx('small-json, passed', 'small-json', PASSED, 5, 2),
  againstNginx('stream-burst', 'stream-burst', TRANSLATED, 5, 2.5),
  againstNginx('stream-paced, 100 streams', 'stream-paced-100', TRANSLATED, 4.5, 3),
  againstNginx('stream-paced, 300 streams', 'stream-paced-300', TRANSLATED, 3.5, 2),
  againstNginx('agent-json, Messages → Chat', 'agent-json', ['messages→chat'], 13, 8),
  againstNginx('agent-json, Chat → Messages', 'agent-json', ['chat→messages'], 20, 12),
  againstPeer('portkey', 'small-json', 6, 10),
  againstPeer('portkey', 'stream-burst', 8, 15),
  againstPeer('portkey', 'stream-paced-100', 3, 4),
  againstPeer('portkey', 'agent-json', 3.5, 6),
  againstPeer('claude-code-router', 'small-json', 10, 15),
  againstPeer('claude-code-router', 'stream-burst', 13, 20),
  againstPeer('claude-code-router', 'stream-paced-100', 3, 4),
  againstPeer('claude-code-router', 'agent-json', 45, 80),
  ...['small-json', 'stream-burst', 'stream-paced-100', 'agent-json'].flatMap((name) => [
    againstPeer('litellm', name, 1, 15),
    againstPeer('bifrost', name, 1, 2),
  ]),
  {
    what: 'added p50 at one connection, small-json',
    unit: 'ms',
    better: 'less',
    budget: 0.45,
    stretch: 0.3,
    read: (report) => rowOf(report, 'small-json-1', 'messages→chat')?.p50,
  },
  {
    what: 'memory per open stream',
    unit: 'KB',
    better: 'less',
    budget: 50,
    stretch: 25,
    read: (report) => perBytes(KB, footprint(report)?.streams.at(-1)?.perStream),
  },
  {
    what: 'memory per open stream after a 250 KB request',
    unit: 'KB',
    better: 'less',
    budget: 250,
    stretch: 100,
    read: (report) => perBytes(KB, footprint(report)?.perLargeStream),
  },
  {
    what: 'resident memory, idle and fresh',
    unit: 'MB',
    better: 'less',
    budget: 80,
    stretch: 60,
    read: (report) => perBytes(MB, footprint(report)?.idle),
  },
  {
    what: 'start to the first answer',
    unit: 'ms',
    better: 'less',
    budget: 200,
    stretch: 120,
    read: (report) => footprint(report)?.startedIn,
  },
  {
    what: '1 MB ÷ 250 KB of request',
    better: 'less',
    budget: 4.5,
    stretch: 4.5,
    read({ growth }) {
      const points = growth.find(({ name }) => name === 'body')?.points
      const cpuAt = (at: number) => points?.find((point) => point.at === at)?.cpu
      const [large, small] = [cpuAt(1_000), cpuAt(250)]
      return large === undefined || small === undefined ? undefined : large / small
    },
  },
]

/** Every budget that the reports say something about. */
export function budgetTable(reports: readonly Report[]): Table {
  return {
    head: ['', 'budget', 'stretch', 'measured', ''],
    rows: BUDGETS.flatMap((budget) => {
      const value = reports.map((report) => budget.read(report)).find((read) => read !== undefined)
      if (value === undefined) return []
      const sign = budget.better === 'less' ? '≤' : '≥'
      const bound = (limit: number) => `${sign} ${limit}${budget.unit === undefined ? '' : ` ${budget.unit}`}`
      return [
        [budget.what, bound(budget.budget), bound(budget.stretch), figure(value), verdict(budget, value)],
      ]
    }),
  }
}

function verdict({ better, budget, stretch }: Budget, value: number): string {
  const keeps = (limit: number) => (better === 'less' ? value <= limit : value >= limit)
  if (!keeps(budget)) return 'missed'
  return keeps(stretch) ? 'met, stretch too' : 'met'
}
