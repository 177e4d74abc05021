import { VERSION } from '../version.ts'
import type { Arguments } from './command.ts'
import type { Io } from './io.ts'

/** `dragoman version`. */
export async function run(_: Arguments, io: Io): Promise<number> {
  io.write(`${VERSION}\n`)
  return 0
}
