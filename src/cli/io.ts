import { styleText } from 'node:util'
import type { Environment } from '../config/paths.ts'

/** What a command may touch of the process. */
export type Io = {
  readonly write: (text: string) => void
  readonly writeError: (text: string) => void
  readonly env: Environment
  readonly cwd: string
  readonly homedir: string
  readonly platform: NodeJS.Platform
  /** Whether colours may be written to the output, and to the error output. */
  readonly color: boolean
  readonly errorColor: boolean
  /** Whether somebody reads the output, and the error output, as it comes. */
  readonly outputIsTerminal: boolean
  readonly errorIsTerminal: boolean
  /** Whether somebody can be asked. */
  readonly inputIsTerminal: boolean
  /** Everything on the input, until it ends. */
  readonly readInput: () => Promise<string>
}

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan'

/** The text in a style, or as it is where colours are not wanted. */
export function paint(style: Style, text: string, color: boolean): string {
  return color ? styleText(style, text, { validateStream: false }) : text
}

/** Rows in columns as wide as their widest cell; the last column is left ragged. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length)
  }
  const line = (row: readonly string[]) =>
    row.map((cell, column) => cell.padEnd(column === row.length - 1 ? 0 : (widths[column] ?? 0))).join('  ')
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('')
}

/** `1 provider`, `2 providers`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
