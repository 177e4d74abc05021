import { Failure, type Arguments } from './command.ts'
import { findGateways } from './daemon/find.ts'
import { localUrl } from './daemon/health.ts'
import { launch, shortPath } from './daemon/launch.ts'
import { placeOf } from './daemon/place.ts'
import type { GatewayRecord } from './daemon/record.ts'
import { paint, type Io } from './io.ts'

/** `dragoman start --detach`. Returns when the gateway answers. */
export async function startDetached(args: Arguments, io: Io): Promise<number> {
  const ensure = args.on.has('ensure')
  if (ensure && /^(?:0|false|no|off)$/i.test(io.env.AZURE_OPENAI_AUTO_START ?? '')) {
    io.write(
      'Not started: AZURE_OPENAI_AUTO_START says so. "dragoman start --detach" starts it all the same.\n',
    )
    return 0
  }
  const running = await runningGateway(args, io)
  if (running !== undefined) {
    const where = `The gateway already runs at ${localUrl(running.host, running.port)} (pid ${running.pid})`
    if (!ensure) throw new Failure(`${where}. "dragoman restart" starts it anew`)
    io.write(`${where}.\n`)
    return 0
  }
  const record = await launchGateway(args, io)
  const url = localUrl(record.host, record.port)
  io.write(
    `${paint('bold', `Dragoman ${record.version}`, io.color)} listens on ${paint('cyan', url, io.color)} (pid ${record.pid}, from ${record.config})\n`,
  )
  io.write(`Its log: ${shortPath(record.log ?? '')} (dragoman logs -f); to end it: dragoman stop\n`)
  return 0
}

/** The gateway of this config, when it answers; stale records are taken away, which is said. */
export async function runningGateway(args: Arguments, io: Io): Promise<GatewayRecord | undefined> {
  const { gateway, cleaned, place } = await findGateways(args, io)
  for (const line of cleaned) io.writeError(`${line}\n`)
  return gateway?.recordFile === place.recordFile ? gateway.record : undefined
}

/**
 * Starts the gateway of this config in the background.
 *
 * @throws ConfigError before anything is started; Failure with what the gateway said
 */
export async function launchGateway(args: Arguments, io: Io): Promise<GatewayRecord> {
  const { loadToServe } = await import('./load-config.ts')
  const { config, file } = loadToServe(args, io)
  const place = placeOf(config.stateDir, file ?? 'environment')
  const launched = await launch(place, flagsOf(args), io)
  if (launched.ok) return launched.record
  // Somebody else was quicker: two sessions may begin at once.
  const other = await runningGateway(args, io)
  if (other !== undefined) return other
  const said = launched.log.map((line) => `\n  ${line}`).join('')
  throw new Failure(`The gateway did not start: ${launched.reason}.${said}`)
}

/** The flags as they are handed on: the child has the same working folder. */
function flagsOf({ text }: Arguments): readonly string[] {
  return ['config', 'host', 'port', 'workers', 'log-level'].flatMap((name) => {
    const value = text[name]
    return value === undefined ? [] : [`--${name}`, value]
  })
}
