import type { Row } from '../suites/rows.ts'
import type { Report } from './report.ts'
import { figure, kilobytes, megabytes, type Table } from './table.ts'

/** A table, and what there is to say below it. */
export type Section = { readonly title: string; readonly table: Table; readonly remarks: readonly string[] }

/** All tables of a run. */
export function sectionsOf(report: Report): Section[] {
  const groups = Map.groupBy(report.rows, ({ workload, pair }) => `${workload}, ${pair}`)
  return [
    ...[...groups].map(([title, rows]) => workloadSection(title, rows, report)),
    ...(report.footprints.length > 0 ? [plain('start, memory, size', footprintTable(report))] : []),
    ...(report.resident.length > 0 ? [plain('memory after the load', residentTable(report))] : []),
    ...report.growth.map((series) => ({
      title: `growth with ${series.by}`,
      table: growthTable(series),
      remarks: series.fault === undefined ? [] : [`FAILED: ${series.fault}`],
    })),
  ]
}

const plain = (title: string, table: Table): Section => ({ title, table, remarks: [] })

function workloadSection(title: string, rows: readonly Row[], { suite }: Report): Section {
  const measured = rows.filter(({ rounds }) => rounds > 0)
  return {
    title,
    table: workloadTable(measured, suite === 'public'),
    remarks: rows.flatMap(({ gateway, fault }) =>
      fault === undefined ? [] : [`${gateway} FAILED: ${fault}`],
    ),
  }
}

function workloadTable(rows: readonly Row[], single: boolean): Table {
  const paced = rows.some((row) => row.perToken !== undefined)
  const streamed = paced || rows[0]?.workload.includes('stream') === true
  const columns: readonly (readonly [head: string, cell: (row: Row) => string])[] = [
    ['gateway', (row) => row.gateway],
    ...(single ? [['answers', (row: Row) => row.replies.toLocaleString('en-US')] as const] : []),
    ['CPU µs/request', (row) => cpu(row, row.cpuPerRequest)],
    ...(streamed ? [['CPU µs/token', (row: Row) => cpu(row, row.cpuPerToken)] as const] : []),
    ...(single
      ? []
      : [
          [
            '÷ nginx',
            (row: Row) => (row.gateway === 'direct' || row.ratio === undefined ? '' : figure(row.ratio)),
          ] as const,
        ]),
    ['requests/s', (row) => `${figure(row.requestsPerSecond)}${row.rigBound ? ' (rig-bound)' : ''}`],
    // A paced stream takes as long as the model does.
    ...(paced
      ? []
      : [
          [single ? 'p50 ms' : 'added p50 ms', (row: Row) => figure(row.p50)] as const,
          [single ? 'p99 ms' : 'added p99 ms', (row: Row) => figure(row.p99)] as const,
        ]),
    ...(streamed
      ? [[single ? 'first token ms' : 'added first token ms', (row: Row) => figure(row.firstToken)] as const]
      : []),
    ...(paced
      ? [
          ['added per token p50 ms', (row: Row) => figure(row.perToken ?? 0)] as const,
          ['added per token p99 ms', (row: Row) => figure(row.perToken99 ?? 0)] as const,
        ]
      : []),
  ]
  return {
    head: columns.map(([head]) => head),
    rows: rows.map((row) => columns.map(([, cell]) => cell(row))),
  }
}

const cpu = (row: Row, value: number): string => (row.gateway === 'direct' ? '' : figure(value))

function footprintTable({ footprints }: Report): Table {
  const levels = [...new Set(footprints.flatMap(({ streams }) => streams.map(({ open }) => open)))]
  return {
    head: [
      'gateway',
      'installed MB',
      'first answer ms',
      'idle MB',
      ...levels.flatMap((open) => [`${open} streams MB`, 'KB each']),
      'KB each after 250 KB',
    ],
    rows: footprints.map((one) => [
      one.gateway,
      megabytes(one.installed),
      figure(one.startedIn),
      megabytes(one.idle),
      ...levels.flatMap((open) => {
        const level = one.streams.find((stream) => stream.open === open)
        return level === undefined ? ['', ''] : [megabytes(level.resident), kilobytes(level.perStream)]
      }),
      kilobytes(one.perLargeStream),
    ]),
  }
}

const residentTable = ({ resident }: Report): Table => ({
  head: ['gateway', 'resident MB'],
  rows: resident.map(({ gateway, bytes }) => [gateway, megabytes(bytes)]),
})

function growthTable({ by, per, points }: Report['growth'][number]): Table {
  const first = points[0]
  return {
    head: [by, 'request bytes', `CPU µs/${per}`, 'against the first'],
    rows: points.map(({ at, cpu: used, bytes }) => [
      at.toLocaleString('en-US'),
      bytes.toLocaleString('en-US'),
      figure(used),
      `× ${figure(used / (first?.cpu ?? used))}`,
    ]),
  }
}
