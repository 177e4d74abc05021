import { Failure, type Arguments } from './command.ts'
import { end } from './daemon/end.ts'
import { findGateways, type LiveGateway } from './daemon/find.ts'
import { paint, type Io } from './io.ts'

/** `dragoman stop`. Nothing to stop is no failure. */
export async function run(args: Arguments, io: Io): Promise<number> {
  const { gateway, others, cleaned, place } = await findGateways(args, io)
  for (const line of cleaned) io.writeError(`${line}\n`)
  if (gateway === undefined) {
    io.write(`No gateway runs with ${place.source === 'environment' ? 'this environment' : place.source}.\n`)
    for (const { record } of others)
      io.write(`Another one, pid ${record.pid}, runs with ${record.config}: dragoman stop --config FILE\n`)
    return 0
  }
  await stop(gateway, args.on.has('force'), io)
  return 0
}

/** Stops a gateway and says so. */
export async function stop(gateway: LiveGateway, force: boolean, io: Io): Promise<void> {
  const { pid, port } = gateway.record
  const ended = await end(gateway, {
    force,
    waiting: () => io.write(`Waiting for answers under way (--force cuts them) …\n`),
  })
  if (ended === 'still-running')
    throw new Failure(
      `The gateway (pid ${pid}) did not end. "dragoman stop --force" ends it without waiting for answers`,
    )
  io.write(
    `${paint('green', 'Stopped', io.color)} the gateway on port ${port} (pid ${pid}); its answers are finished.\n`,
  )
}
