import { ConfigError } from '../config/issues.ts'
import { maskText } from '../log.ts'
import { Failure, parseArguments, UsageError } from './command.ts'
import { commandHelp, findCommand, overview } from './help.ts'
import { paint, type Io } from './io.ts'

const FAILED = 1
const USAGE = 2

/** Runs the command line and returns the exit code. Never throws. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(argv, io)
  } catch (thrown) {
    return report(thrown, wantsStack(argv, io), io)
  }
}

async function dispatch([first, ...rest]: readonly string[], io: Io): Promise<number> {
  if (first === undefined || first === '--help' || first === '-h') {
    io.write(overview(io.color))
    return 0
  }
  const command = findCommand(first === '--version' || first === '-v' ? 'version' : first)
  const ours = command.passesOn === true ? rest.slice(0, 1) : rest
  if (ours.some((arg) => arg === '--help' || arg === '-h')) {
    io.write(commandHelp(command, io.color))
    return 0
  }
  const args = parseArguments(command, rest)
  const { run: runCommand } = await command.load()
  return await runCommand(args, io)
}

function report(thrown: unknown, stack: boolean, io: Io): number {
  const failed = (message: string) =>
    io.writeError(`${paint('red', 'error', io.errorColor)}: ${maskText(message)}\n`)
  if (thrown instanceof UsageError) {
    failed(thrown.message)
    io.writeError('"dragoman help" lists commands and options.\n')
    return USAGE
  }
  if (thrown instanceof ConfigError) {
    const problems = thrown.issues.length
    failed(problems === 1 ? 'the configuration has a problem' : `the configuration has ${problems} problems`)
    for (const line of thrown.message.split('\n')) io.writeError(`  ${maskText(line)}\n`)
    return thrown.exitCode
  }
  failed(thrown instanceof Error ? thrown.message : String(thrown))
  if (stack && thrown instanceof Error) io.writeError(`${maskText(thrown.stack ?? '')}\n`)
  else if (!(thrown instanceof Failure)) io.writeError('With --log-level debug the stack is shown.\n')
  return FAILED
}

function wantsStack(argv: readonly string[], io: Io): boolean {
  const flag = argv.indexOf('--log-level')
  const level = flag >= 0 ? argv[flag + 1] : argv.find((arg) => arg.startsWith('--log-level='))?.slice(12)
  return (level ?? io.env.DRAGOMAN_LOG_LEVEL) === 'debug'
}
