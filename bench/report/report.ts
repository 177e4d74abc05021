import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../gateways/installed.ts'
import type { Machine } from '../machine/describe.ts'
import type { Footprint } from '../suites/footprint.ts'
import type { Series } from '../suites/growth-suite.ts'
import type { Row } from '../suites/rows.ts'

export const SUITES = ['main', 'public', 'growth'] as const
export type Suite = (typeof SUITES)[number]

/** One run of one suite, as it is kept. */
export type Report = {
  readonly suite: Suite
  /** `full` runs are what docs are made of. */
  readonly length: 'full' | 'quick'
  readonly date: string
  readonly machine: Machine
  readonly versions: Readonly<Record<string, string>>
  readonly rows: readonly Row[]
  readonly footprints: readonly Footprint[]
  /** Memory after the load, in bytes. */
  readonly resident: readonly { readonly gateway: string; readonly bytes: number }[]
  readonly growth: readonly Series[]
  /** What could not be measured, and why. */
  readonly notes: readonly string[]
}

const FOLDER = join(ROOT, 'bench', 'results')

/** Keeps a run: the figures as JSON, the tables as Markdown. Returns the name that both share. */
export function keep(report: Report, markdown: string): string {
  mkdirSync(FOLDER, { recursive: true })
  const day = report.date.slice(0, 10)
  const name = [
    day,
    report.machine.commit.replace('+', '-changed'),
    report.suite,
    ...(report.length === 'quick' ? ['quick'] : []),
  ].join('-')
  writeFileSync(join(FOLDER, `${name}.json`), `${JSON.stringify(report, undefined, 2)}\n`)
  writeFileSync(join(FOLDER, `${name}.md`), markdown)
  return join('bench', 'results', name)
}

/** The newest run of a suite, full ones before quick ones; undefined when there is none. */
export function newest(suite: Suite): Report | undefined {
  const reports = files()
    .map((file) => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Report)
    .filter((report) => report.suite === suite)
  const rank = ({ length, date }: Report) => `${length === 'full' ? 1 : 0} ${date}`
  return reports.toSorted((a, b) => (rank(a) < rank(b) ? 1 : -1))[0]
}

function files(): string[] {
  try {
    return readdirSync(FOLDER).filter((file) => file.endsWith('.json'))
  } catch {
    return []
  }
}
