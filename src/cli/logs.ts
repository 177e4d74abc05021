import { setTimeout as sleep } from 'node:timers/promises'
import { Failure, UsageError, type Arguments } from './command.ts'
import { findGateways } from './daemon/find.ts'
import { readOn, tail } from './daemon/log-file.ts'
import type { Io } from './io.ts'
import { readable } from './logging.ts'

const LINES = 50
const LOOK_EVERY_MS = 200

/** `dragoman logs [-f] [-n LINES]`: JSON lines for programs, a short form in a terminal. */
export async function run(args: Arguments, io: Io): Promise<number> {
  const wanted = Number(args.text.lines ?? LINES)
  if (!Number.isInteger(wanted) || wanted < 0)
    throw new UsageError(`-n takes a number of lines, not "${args.text.lines}"`)
  const { gateway, place } = await findGateways(args, io)
  const file = gateway?.record.log ?? place.logFile
  if (gateway !== undefined && gateway.record.log === undefined)
    throw new Failure(`The gateway (pid ${gateway.record.pid}) runs in a terminal and logs there`)
  const { lines, end } = tail(file, wanted)
  if (end === 0 && !args.on.has('follow'))
    throw new Failure(`There is no log at ${file}: no gateway was started with --detach yet`)
  const show = (line: string) =>
    io.write(`${io.outputIsTerminal && line.startsWith('{') ? readable(line, io.color) : line}\n`)
  lines.forEach(show)
  if (args.on.has('follow')) await follow(file, end, show)
  return 0
}

/** Shows what is written until somebody interrupts. */
async function follow(file: string, start: number, show: (line: string) => void): Promise<void> {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  process.once('SIGTERM', () => stop.abort())
  for (let position = start; !stop.signal.aborted; await sleep(LOOK_EVERY_MS)) {
    const { text, end } = readOn(file, position)
    position = end
    text
      .split('\n')
      .filter((line) => line !== '')
      .forEach(show)
  }
}
