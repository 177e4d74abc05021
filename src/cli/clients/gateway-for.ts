import { askHealth, localUrl } from '../daemon/health.ts'
import { Failure, type Arguments } from '../command.ts'
import type { Config } from '../../config/config.ts'
import type { Io } from '../io.ts'
import { load } from '../load-config.ts'
import { portOwner } from '../port-owner.ts'
import { launchGateway, runningGateway } from '../start-detached.ts'
import { NO_KEY, type Access } from './claude-settings.ts'

/** The gateway that a client is to use, and what it is configured with. */
export type Serving = { readonly config: Config; readonly access: Access; readonly stateDir: string }

/**
 * The gateway of this config, started in the background when none answers.
 *
 * @throws Failure when its port is somebody else's, or it does not start
 */
export async function ensureGateway(args: Arguments, io: Io): Promise<Serving> {
  const { config } = load(args, io)
  const { host, port } = config.server
  const serving = (url: string): Serving => ({
    config,
    access: { url, key: clientKey(config) },
    stateDir: config.stateDir,
  })
  const running = await runningGateway(args, io)
  if (running !== undefined) return serving(localUrl(running.host, running.port))
  // Port 0 is any free one: nobody can be waiting there.
  const answer = port === 0 ? { kind: 'nobody' as const } : await askHealth(localUrl(host, port))
  if (answer.kind === 'gateway') return serving(localUrl(host, port))
  if (answer.kind === 'other') {
    const owner = (await portOwner(host, port)) ?? 'another program'
    throw new Failure(`Port ${port} is taken by ${owner}. Stop it, or set server.port in ${config.source}`)
  }
  io.writeError('Starting the gateway …\n')
  const record = await launchGateway(args, io)
  return serving(localUrl(record.host, record.port))
}

/** The gateway of this config as it runs, or as it would: nothing is started. */
export async function plannedGateway(args: Arguments, io: Io): Promise<Serving> {
  const { config } = load(args, io)
  const running = await runningGateway(args, io)
  const { host, port } = running ?? config.server
  return {
    config,
    access: { url: localUrl(host, port), key: clientKey(config) },
    stateDir: config.stateDir,
  }
}

/** What clients present. */
export function clientKey(config: Config): string {
  return config.auth.keys[0]?.key ?? NO_KEY
}
