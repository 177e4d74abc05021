import type { Arguments } from './command.ts'
import { findGateways } from './daemon/find.ts'
import type { Io } from './io.ts'
import { load } from './load-config.ts'
import { startDetached } from './start-detached.ts'
import { stop } from './stop.ts'

/** `dragoman restart`: stops the detached gateway when there is one, and starts it again with its config. */
export async function run(args: Arguments, io: Io): Promise<number> {
  const { gateway, cleaned } = await findGateways(args, io)
  for (const line of cleaned) io.writeError(`${line}\n`)
  const same = withConfig(args, gateway?.record.config)
  // A broken config is noticed before the gateway that works is stopped.
  load(same, io)
  if (gateway !== undefined) await stop(gateway, args.on.has('force'), io)
  return await startDetached(same, io)
}

function withConfig(args: Arguments, config: string | undefined): Arguments {
  if (args.text.config !== undefined || config === undefined || config === 'environment') return args
  return { ...args, text: { ...args.text, config } }
}
