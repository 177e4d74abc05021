import { Failure, UsageError, type Arguments } from './command.ts'
import type { Io } from './io.ts'
import { load } from './load-config.ts'
import { isSound, probeTargets } from './probe/probe.ts'
import { reportTable } from './probe/table.ts'

/** `dragoman test [target]`. Exit code 1 when a target does not do what agents need. */
export async function run(args: Arguments, io: Io): Promise<number> {
  const [wanted, ...more] = args.positionals
  if (more.length > 0)
    throw new UsageError(`dragoman test takes one target, not "${args.positionals.join(' ')}"`)
  const { config } = load(args, io)
  if (io.errorIsTerminal) io.writeError('Sending small requests …\n')
  const reports = await probeTargets(config, wanted).catch((thrown: unknown) => {
    throw new Failure(thrown instanceof Error ? thrown.message : String(thrown))
  })
  const ok = reports.length > 0 && reports.every(isSound)
  if (args.on.has('json')) io.write(`${JSON.stringify({ ok, targets: reports }, null, 2)}\n`)
  else if (reports.length > 0) io.write(reportTable(reports, io))
  else io.writeError('The config names no target. Name one: dragoman test provider/model\n')
  return ok ? 0 : 1
}
