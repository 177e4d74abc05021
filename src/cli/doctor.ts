import { UsageError, type Arguments } from './command.ts'
import { CATALOGUE } from './doctor/catalogue.ts'
import { findAll, type Finding } from './doctor/check.ts'
import { collect } from './doctor/collect.ts'
import { count, paint, type Io } from './io.ts'
import { maskText } from '../log.ts'

/** `dragoman doctor`. Exit code 1 when something keeps Dragoman from working. */
export async function run(args: Arguments, io: Io): Promise<number> {
  if (args.positionals.length > 0)
    throw new UsageError(`dragoman doctor takes no "${args.positionals.join(' ')}"`)
  if (args.on.has('list')) return list(io)
  const facts = await collect(args, io)
  const findings = findAll(CATALOGUE, facts).map((finding) => ({
    ...finding,
    finding: maskText(finding.finding),
  }))
  const errors = findings.filter(({ level }) => level === 'error').length
  const checked = {
    checks: CATALOGUE.length,
    config: facts.config?.source ?? null,
    online: facts.reports !== undefined,
  }
  if (args.on.has('json')) {
    io.write(`${JSON.stringify({ ok: errors === 0, ...checked, findings }, null, 2)}\n`)
    return errors === 0 ? 0 : 1
  }
  for (const finding of findings) io.write(shown(finding, io))
  if (findings.length === 0)
    io.write(
      `${paint('green', 'All is well', io.color)} (${count(CATALOGUE.length, 'check')}${checked.online ? '' : ', nothing was sent to upstreams'}).\n`,
    )
  else
    io.write(
      `${count(errors, 'error')}, ${count(findings.length - errors, 'warning')}. docs/troubleshooting.md tells more.\n`,
    )
  return errors === 0 ? 0 : 1
}

function shown({ id, level, title, finding, mend }: Finding, io: Io): string {
  const mark = level === 'error' ? paint('red', 'error', io.color) : paint('yellow', 'warning', io.color)
  return `${mark}: ${paint('bold', title, io.color)} [${id}]\n  ${finding}\n  ${paint('cyan', '→', io.color)} ${mend}\n\n`
}

function list(io: Io): number {
  for (const { id, title } of CATALOGUE) io.write(`${id}: ${title}\n`)
  return 0
}
