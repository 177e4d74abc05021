import { UsageError, type Arguments } from './command.ts'
import { keepCompiledCode } from './compile-cache.ts'
import type { Io } from './io.ts'
import { limitYoungGeneration } from './young-generation.ts'

/** `dragoman start`. What serves is loaded by the process that serves: hooks ask often whether one runs. */
export async function run(given: Arguments, io: Io): Promise<number> {
  const args = withDebug(given)
  refuseExtras(args)
  if (args.on.has('detach')) return await (await import('./start-detached.ts')).startDetached(args, io)
  keepCompiledCode(io)
  limitYoungGeneration([...process.execArgv, io.env['NODE_OPTIONS']])
  if (args.text.worker !== undefined) return await (await import('./workers/worker.ts')).work(args, io)
  return await (await import('./start-foreground.ts')).startForeground(args, io)
}

function refuseExtras({ positionals }: Arguments): void {
  if (positionals.length > 0) throw new UsageError(`dragoman start takes no "${positionals.join(' ')}"`)
}

/** `--proxy-debug` is what users of another proxy are used to. */
function withDebug(args: Arguments): Arguments {
  if (!args.on.has('proxy-debug') || args.text['log-level'] !== undefined) return args
  return { ...args, text: { ...args.text, 'log-level': 'debug' } }
}
