import { runDemo } from '../simulator/demo.ts'
import type { Arguments } from './command.ts'
import type { Io } from './io.ts'

/** `dragoman demo`. */
export async function run({ on }: Arguments, io: Io): Promise<number> {
  return await runDemo({ once: on.has('once'), write: io.write, color: io.color })
}
