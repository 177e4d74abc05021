import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Cell, Matrix } from './cell.ts'
import { EXCEPTIONS, REFUSALS } from './exceptions.ts'

/** One pair of protocols in one matrix. */
export type PairFigures = {
  readonly matrix: Matrix
  readonly from: string
  readonly to: string
  readonly cells: number
  /** The same to the letter. */
  readonly equal: number
  /** The same in the target's own form, read back. */
  readonly otherwise: number
  /** Different, for a reason of `exceptions.ts`. */
  readonly explained: number
  readonly refused: number
  /** Different, refused or broken for no known reason. */
  readonly unexplained: number
}

/** How often each form, exception and refusal was met, by its id. */
type Counts = Readonly<Record<string, number>>

export type Figures = {
  readonly pairs: readonly PairFigures[]
  readonly forms: Counts
  readonly exceptions: Counts
  readonly refusals: Counts
}

/** Where the figures are kept for those who have no recorded traffic. */
export const FIGURES_FILE = join(import.meta.dirname, 'figures.json')

/** What became of a cell: the id of the exception or refusal that explains it, or nothing that does. */
export type Verdict =
  | { readonly kind: 'equal' | 'otherwise' | 'unexplained' }
  | { readonly kind: 'explained' | 'refused'; readonly ids: readonly string[] }

export function verdictOn(cell: Cell): Verdict {
  switch (cell.outcome) {
    case 'equal':
    case 'otherwise':
      return { kind: cell.outcome }
    case 'refused': {
      const known = REFUSALS.find(({ message }) => message.test(cell.reasons[0] ?? ''))
      return known === undefined ? { kind: 'unexplained' } : { kind: 'refused', ids: [known.id] }
    }
    case 'different': {
      const known = cell.reasons.map((reason) => EXCEPTIONS.find(({ covers }) => covers(reason, cell))?.id)
      return known.includes(undefined)
        ? { kind: 'unexplained' }
        : { kind: 'explained', ids: [...new Set(known as string[])] }
    }
    case 'crashed':
      return { kind: 'unexplained' }
    default:
      return cell.outcome satisfies never
  }
}

export function figuresOf(cells: readonly Cell[]): Figures {
  const judged = cells.map((cell) => ({ cell, verdict: verdictOn(cell) }))
  const pairs = Map.groupBy(judged, ({ cell }) => `${cell.matrix}\t${cell.from}\t${cell.to}`)
  const idsOf = (kind: 'explained' | 'refused'): string[] =>
    judged.flatMap(({ verdict }) => (verdict.kind === kind ? verdict.ids : []))
  return {
    pairs: [...pairs.values()].map((list) => {
      const { matrix, from, to } = list[0]!.cell
      const count = (kind: Verdict['kind']): number =>
        list.filter(({ verdict }) => verdict.kind === kind).length
      return {
        matrix,
        from,
        to,
        cells: list.length,
        equal: count('equal'),
        otherwise: count('otherwise'),
        explained: count('explained'),
        refused: count('refused'),
        unexplained: count('unexplained'),
      }
    }),
    forms: counted(judged.flatMap(({ cell, verdict }) => (verdict.kind === 'otherwise' ? cell.forms : []))),
    exceptions: counted(idsOf('explained')),
    refusals: counted(idsOf('refused')),
  }
}

function counted(ids: readonly string[]): Counts {
  const counts = [...Map.groupBy(ids, (id) => id)].map(([id, list]) => [id, list.length] as const)
  return Object.fromEntries(counts.toSorted(([a], [b]) => a.localeCompare(b)))
}

export function recordFigures(figures: Figures): void {
  writeFileSync(FIGURES_FILE, `${JSON.stringify(figures, null, 2)}\n`)
}

/** The share of what was compared that is the same, and the share that is the same or explained. In per cent. */
export function shares(figures: Omit<PairFigures, 'matrix' | 'from' | 'to'>): {
  readonly same: number
  readonly accounted: number
} {
  const { cells, equal, otherwise, explained, refused } = figures
  const compared = cells - refused
  const percent = (part: number): number => (compared === 0 ? 100 : Math.floor((1000 * part) / compared) / 10)
  return { same: percent(equal + otherwise), accounted: percent(equal + otherwise + explained) }
}

/** Several pairs as one. */
export function sumOf(pairs: readonly PairFigures[]): Omit<PairFigures, 'matrix' | 'from' | 'to'> {
  const sum = (field: 'cells' | 'equal' | 'otherwise' | 'explained' | 'refused' | 'unexplained'): number =>
    pairs.reduce((total, pair) => total + pair[field], 0)
  return {
    cells: sum('cells'),
    equal: sum('equal'),
    otherwise: sum('otherwise'),
    explained: sum('explained'),
    refused: sum('refused'),
    unexplained: sum('unexplained'),
  }
}
