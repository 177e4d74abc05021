import type { Cell } from './cells.ts'

/** One pair of protocols in one matrix and form. */
export type PairReport = {
  readonly matrix: Cell['matrix']
  readonly form: Cell['form']
  readonly from: string
  readonly to: string
  /** Cells compared: refused ones are not among them. */
  readonly cells: number
  readonly equal: number
  readonly percent: number
  /** Different, and Dragoman reported a loss. */
  readonly reported: number
  readonly refused: number
  readonly groups: readonly {
    readonly outcome: Cell['outcome']
    readonly reason: string
    readonly records: readonly string[]
  }[]
}

export function summarise(cells: readonly Cell[]): PairReport[] {
  const pairs = Map.groupBy(cells, (cell) => `${cell.matrix} ${cell.form} ${cell.from} ${cell.to}`)
  return [...pairs.values()].map((list) => {
    const { matrix, form, from, to } = list[0]!
    const refused = list.filter((cell) => cell.outcome === 'refused').length
    const reported = list.filter((cell) => cell.outcome === 'reported').length
    const equal = list.filter((cell) => cell.outcome === 'equal').length
    const compared = list.length - refused
    const percent = compared === 0 ? 100 : Math.round((1000 * equal) / compared) / 10
    return {
      matrix,
      form,
      from,
      to,
      cells: compared,
      equal,
      percent,
      reported,
      refused,
      groups: groupsOf(list),
    }
  })
}

function groupsOf(cells: readonly Cell[]): PairReport['groups'] {
  const exceptions = cells.filter((cell) => cell.outcome !== 'equal')
  const groups = Map.groupBy(
    exceptions,
    (cell) => `${cell.outcome}\t${cell.reasons.map(reasonOf).join('; ')}`,
  )
  return [...groups]
    .map(([key, list]) => {
      const [outcome, reason] = key.split('\t') as [Cell['outcome'], string]
      return { outcome, reason, records: list.map((cell) => cell.record) }
    })
    .toSorted((a, b) => b.records.length - a.records.length)
}

/** The reason without what is particular to one record. */
function reasonOf(reason: string): string {
  return reason
    .replace(/"(?:[^"\\]|\\.)*"/g, '"…"')
    .replace(/\d+/g, '#')
    .slice(0, 160)
}

type PrintOptions = { readonly verbose: boolean; readonly write: (line: string) => void }

export function printReport(report: readonly PairReport[], { verbose, write }: PrintOptions): void {
  let matrix = ''
  for (const pair of report.toSorted((a, b) => b.matrix.localeCompare(a.matrix))) {
    if (pair.matrix !== matrix) write(`\n${pair.matrix}`)
    matrix = pair.matrix
    const name = `${pair.from} → ${pair.to}${pair.form === 'request' ? '' : ` (${pair.form})`}`
    const refused = pair.refused === 0 ? '' : `, ${pair.refused} refused`
    const reported = pair.reported === 0 ? '' : `, ${pair.reported} differ as reported`
    write(`  ${name.padEnd(34)} ${pair.equal} of ${pair.cells} equal, ${pair.percent} %${reported}${refused}`)
    for (const group of pair.groups) {
      write(`    ${String(group.records.length).padStart(3)} × ${group.outcome}: ${group.reason}`)
      if (verbose) for (const record of group.records) write(`          ${record}`)
    }
  }
}
