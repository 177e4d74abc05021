import { suggest } from '../config/nearest.ts'
import { UsageError, type Arguments, type Command } from './command.ts'
import { COMMANDS } from './commands.ts'
import { paint, table, type Io } from './io.ts'

/** `dragoman help [command]`. */
export async function run({ positionals: [name] }: Arguments, io: Io): Promise<number> {
  io.write(name === undefined ? overview(io.color) : commandHelp(findCommand(name), io.color))
  return 0
}

/** @throws UsageError with the nearest command */
export function findCommand(name: string): Command {
  const command = COMMANDS.find((each) => each.name === name)
  if (command !== undefined) return command
  const names = COMMANDS.map((each) => each.name)
  throw new UsageError(`There is no command "${name}". ${suggest(name, names).replaceAll('`', '')}`)
}

/** What `dragoman` alone prints. */
export function overview(color: boolean): string {
  return `${paint('bold', 'dragoman', color)}: a gateway between programs that speak one LLM API and models that speak another

Usage: dragoman <command> [options]

${table(COMMANDS.filter(({ hidden }) => hidden !== true).map(({ name, summary }) => [`  ${name}`, summary]))}
"dragoman help <command>" tells more about one.

Exit codes: 0 done, 1 failed, 2 usage, 78 configuration.
`
}

/** What `dragoman <command> --help` prints. */
export function commandHelp(command: Command, color: boolean): string {
  const rows = Object.entries(command.options).flatMap(([name, { value, short, help }]) =>
    help === undefined
      ? []
      : [
          [
            `  ${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
            help,
          ],
        ],
  )
  return [
    `${paint('bold', `dragoman ${command.name}`, color)}: ${command.summary}\n`,
    `Usage: dragoman ${command.name} ${command.usage}`.trimEnd().concat('\n'),
    ...(command.details === undefined ? [] : [`${command.details}\n`]),
    ...(rows.length === 0 ? [] : [`Options:\n${table(rows)}`]),
  ].join('\n')
}
