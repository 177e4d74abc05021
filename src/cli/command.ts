import { parseArgs } from 'node:util'
import { suggest } from '../config/nearest.ts'
import type { Io } from './io.ts'

/** One option of a command. Without `value` it is a switch. */
export type Option = {
  readonly value?: string
  readonly short?: string
  /** What it does, for the help; left out of the help when absent. */
  readonly help?: string
}

/** What was typed after the command's name. */
export type Arguments = {
  readonly text: Readonly<Record<string, string | undefined>>
  readonly on: ReadonlySet<string>
  readonly positionals: readonly string[]
}

/** A command: described here, loaded only when it runs. */
export type Command = {
  readonly name: string
  readonly summary: string
  /** What follows the name in the usage line. */
  readonly usage: string
  readonly options: Readonly<Record<string, Option>>
  /** More help, in paragraphs. */
  readonly details?: string
  /** Called by other programs, such as the Claude Code plugin: the overview leaves it out. */
  readonly hidden?: true
  /** Arguments go to another program as they are: none is read here. */
  readonly passesOn?: true
  readonly load: () => Promise<{ readonly run: (args: Arguments, io: Io) => Promise<number> }>
}

/** The command line cannot be read: exit code 2. */
export class UsageError extends Error {}

/** A failure whose message says everything: a stack would only hide it. Exit code 1. */
export class Failure extends Error {}

/**
 * Reads a command's arguments.
 *
 * @throws UsageError with the nearest option for one that does not exist
 */
export function parseArguments(command: Command, args: readonly string[]): Arguments {
  if (command.passesOn === true) {
    return { text: {}, on: new Set(), positionals: args[0] === '--' ? args.slice(1) : args }
  }
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, option]) => [
      name,
      {
        type: option.value === undefined ? ('boolean' as const) : ('string' as const),
        ...(option.short !== undefined && { short: option.short }),
      },
    ]),
  )
  let parsed: ReturnType<typeof parseArgs>
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (thrown) {
    throw new UsageError(explain(thrown, command))
  }
  const values = Object.entries(parsed.values)
  return {
    text: Object.fromEntries(
      values.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    ),
    on: new Set(values.flatMap(([name, value]) => (value === true ? [name] : []))),
    positionals: parsed.positionals,
  }
}

function explain(thrown: unknown, command: Command): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const unknown = /^Unknown option '(--?)([^']+)'/.exec(message)
  if (unknown === null) return message.split('. ')[0] ?? message
  const [, dashes, name = ''] = unknown
  const known = Object.keys(command.options)
  return `dragoman ${command.name} has no option ${dashes}${name}. ${suggest(name, known)
    .replaceAll('`', '')
    .replace(/(?<=mean |: |, )/g, '--')}`.trim()
}
