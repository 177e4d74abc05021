import type { Cell } from './cell.ts'
import { shares, sumOf, verdictOn, type Figures, type PairFigures } from './figures.ts'

type PrintOptions = { readonly verbose: boolean; readonly write: (line: string) => void }

/** The figures of every pair, what is explained, and with its records what is not. */
export function printReport(
  figures: Figures,
  cells: readonly Cell[],
  { verbose, write }: PrintOptions,
): void {
  for (const [matrix, pairs] of Map.groupBy(figures.pairs, (pair) => pair.matrix)) {
    write(`\n${matrix}`)
    for (const pair of pairs) write(`  ${line(`${pair.from} → ${pair.to}`, pair)}`)
    if (pairs.length > 1) write(`  ${line('all', sumOf(pairs))}`)
  }
  for (const [title, counts] of [
    ['the same in another form', figures.forms],
    ['explained', figures.exceptions],
    ['refused', figures.refusals],
  ] as const) {
    write(`\n${title}`)
    for (const [id, count] of Object.entries(counts)) write(`  ${String(count).padStart(4)} × ${id}`)
  }
  const unexplained = cells.filter((cell) => verdictOn(cell).kind === 'unexplained')
  write(`\nunexplained: ${unexplained.length}`)
  const shown = verbose ? cells.filter(({ outcome }) => outcome !== 'equal') : unexplained
  for (const cell of shown) {
    write(`  ${cell.outcome} ${cell.matrix} ${cell.from} → ${cell.to} (${cell.form}) ${cell.record}`)
    write(`      ${[...cell.reasons, ...cell.forms].join('; ')}`)
  }
}

function line(name: string, pair: Omit<PairFigures, 'matrix' | 'from' | 'to'>): string {
  const { same, accounted } = shares(pair)
  const parts = [
    `${pair.equal} to the letter`,
    `${pair.otherwise} otherwise`,
    `${pair.explained} explained`,
    `${pair.refused} refused`,
    `${pair.unexplained} unexplained`,
  ]
  return `${name.padEnd(26)} ${String(pair.cells - pair.refused).padStart(4)} compared: ${same} % the same, ${accounted} % or explained (${parts.join(', ')})`
}
