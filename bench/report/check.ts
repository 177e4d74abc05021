import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../gateways/installed.ts'
import type { Row } from '../suites/rows.ts'

/** Least CPU of Dragoman against nginx's, by workload and pair, as it once was. */
type Recorded = Readonly<Record<string, number>>

const FILE = join(ROOT, 'bench', 'recorded.json')
/** By which a ratio may be worse than recorded before that counts: machines differ, and runs do. */
const MARGIN = 1.5

/** What is worse than recorded, in sentences; empty when nothing is. */
export function regressions(rows: readonly Row[]): string[] {
  const recorded = read()
  const ratios = ratiosOf(rows)
  const failed = rows.flatMap((row) =>
    row.gateway === 'dragoman' && row.fault !== undefined && recorded[keyOf(row)] !== undefined
      ? [`${keyOf(row)}: ${row.fault}`]
      : [],
  )
  const worse = Object.entries(ratios).flatMap(([key, ratio]) => {
    const before = recorded[key]
    if (before === undefined || ratio <= before * MARGIN) return []
    return [`${key}: ${ratio} times nginx, recorded ${before}`]
  })
  return [...failed, ...worse]
}

/** Takes this run's ratios as those to compare with; others that were recorded stay. */
export function record(rows: readonly Row[]): void {
  const merged = Object.entries({ ...read(), ...ratiosOf(rows) })
  const sorted = Object.fromEntries(merged.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(FILE, `${JSON.stringify(sorted, undefined, 2)}\n`)
}

const read = (): Recorded => (existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Recorded) : {})

const keyOf = ({ workload, pair }: Row): string => `${workload} ${pair}`

/** Of the best rounds, as a machine that is busy with other things makes the rest worse. */
function ratiosOf(rows: readonly Row[]): Recorded {
  const limits = new Map(
    rows.flatMap((row) => (row.gateway === 'nginx' ? [[keyOf(row), row.leastCpu] as const] : [])),
  )
  return Object.fromEntries(
    rows.flatMap((row) => {
      const limit = limits.get(keyOf(row))
      if (row.gateway !== 'dragoman' || row.fault !== undefined || !limit) return []
      return [[keyOf(row), Math.round((row.leastCpu / limit) * 100) / 100]]
    }),
  )
}
