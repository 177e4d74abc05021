import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import type { Config } from '../config/config.ts'
import { watchFiles } from '../config/watch.ts'
import { createGateway, VERSION, type Gateway, type Logger } from '../index.ts'
import type { Arguments } from './command.ts'
import { announce } from './daemon/announce.ts'
import { placeOf } from './daemon/place.ts'
import { fastPathsIn } from './fast-paths.ts'
import { readText } from './find-options.ts'
import { count, paint, type Io } from './io.ts'
import { explainListenFailure } from './listen-failure.ts'
import { loadToServe } from './load-config.ts'
import { createProcessLog, type ProcessLog } from './logging.ts'
import type { Crew } from './workers/crew.ts'
import { stopTimer, watchFolder } from './watching.ts'

/** Serves in this process. Returns when the gateway was told to stop and its answers are finished. */
export async function startForeground(args: Arguments, io: Io): Promise<number> {
  const { config, files, file } = loadToServe(args, io)
  const log = createProcessLog(io, config.log.level)
  const instance = args.text.instance ?? randomUUID()
  const gateway = await prepare(config, { log, instance, io })
  const signals = awaitSignals()

  let address: Awaited<ReturnType<Gateway['listen']>>
  try {
    address = await gateway.listen()
  } catch (thrown) {
    await gateway.close({ drainMs: 0 })
    throw await explainListenFailure(thrown, config.server)
  }
  const place = placeOf(config.stateDir, file ?? 'environment')
  const logFile = args.text['log-file']
  const record = {
    instance,
    pid: process.pid,
    host: address.host,
    port: address.port,
    version: VERSION,
    started: new Date().toISOString(),
    config: place.source,
    ...(logFile !== undefined && { log: logFile }),
  }
  const withdraw = await announce(place.recordFile, record, log)
  const stopWatching = reloadOnEdit({ files, config, gateway, log, load: () => loadToServe(args, io).config })
  const isPlugins = logFile !== undefined && io.env.DRAGOMAN_PLUGIN !== undefined
  const stopGuarding = isPlugins ? await guardSettings(io, log) : () => {}
  introduce(address.url, config, io, log)
  const stopReplacing = restartOnHangup(gateway, io)
  const broken = await stopGracefully(gateway, signals, log, stopWatching)
  stopReplacing()
  stopGuarding()
  withdraw()
  if (broken !== undefined) throw broken
  return 0
}

/** One process, or several that look like one. */
type Serving = Pick<Gateway, 'listen' | 'reload' | 'close'> & Partial<Pick<Crew, 'broken' | 'restart'>>

async function prepare(
  config: Config,
  { io, ...options }: { readonly log: Logger; readonly instance: string; readonly io: Io },
): Promise<Serving> {
  const { workers } = config.server
  const size = workers === 'auto' ? availableParallelism() : workers
  if (size === 1) return await createGateway(config, { ...options, ...fastPathsIn(io) })
  const { Crew } = await import('./workers/crew.ts')
  return new Crew(config, { ...options, io, size })
}

/** SIGHUP replaces the workers; from a terminal it says that the terminal is gone, and ends the gateway as ever. */
function restartOnHangup(gateway: Serving, io: Io): () => void {
  if (gateway.restart === undefined || io.inputIsTerminal || io.outputIsTerminal || io.errorIsTerminal)
    return () => {}
  const restart = () => void gateway.restart?.()
  process.on('SIGHUP', restart)
  return () => process.off('SIGHUP', restart)
}

/** The Claude Code plugin cannot tidy up after itself: a gateway that it started does. */
async function guardSettings(io: Io, log: Logger): Promise<() => void> {
  const { watchPlugin } = await import('./plugin-watch.ts')
  return watchPlugin(io, log, () => void process.emit('SIGTERM', 'SIGTERM'))
}

function introduce(url: string, config: Config, io: Io, log: Logger): void {
  const providers = count(Object.keys(config.providers).length, 'provider')
  const models = count(config.models.length, 'model rule')
  io.write(
    `${paint('bold', `Dragoman ${VERSION}`, io.color)} listens on ${paint('cyan', url, io.color)} (${providers}, ${models}, from ${config.source})\n`,
  )
  for (const warning of config.warnings) log.warn(warning)
}

type Reloading = {
  readonly files: readonly string[]
  /** What is served now. */
  readonly config: Config
  readonly gateway: Serving
  readonly log: ProcessLog
  readonly load: () => Config
}

function reloadOnEdit({ files, config, gateway, log, load }: Reloading): () => void {
  return watchFiles({
    files,
    folderOf: dirname,
    read: readQuietly,
    watchFolder,
    every: (ms, tick) => stopTimer(setInterval(tick, ms)),
    after: (ms, then) => stopTimer(setTimeout(then, ms)),
    async changed() {
      const next = load()
      await gateway.reload(next)
      log.setLevel(next.log.level)
      log.info('Configuration reloaded', { source: next.source })
      for (const warning of next.warnings) log.warn(warning)
      if (next.server.host !== config.server.host || next.server.port !== config.server.port)
        log.warn('server.host and server.port change at the next start')
      if (next.server.workers !== config.server.workers) log.warn('server.workers changes at the next start')
    },
    failed: (thrown) =>
      log.error('The edited configuration was not taken; the old one stays', {
        problems: (thrown instanceof Error ? thrown.message : String(thrown)).split('\n'),
      }),
  })
}

/** The first signal resolves; the second ends the process at once. */
function awaitSignals(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false
    const handle = (signal: NodeJS.Signals) => {
      if (asked) process.exit(1)
      asked = true
      resolve(signal)
    }
    process.on('SIGINT', handle)
    process.on('SIGTERM', handle)
  })
}

/** Serves until a signal comes. Returns why, when the gateway has to end without one. */
async function stopGracefully(
  gateway: Serving,
  signals: Promise<NodeJS.Signals>,
  log: Logger,
  stopWatching: () => void,
): Promise<Error | undefined> {
  const why = await (gateway.broken === undefined ? signals : Promise.race([signals, gateway.broken]))
  stopWatching()
  if (typeof why === 'string')
    log.info('Stopping: answers under way may finish; a second signal ends at once', { signal: why })
  await gateway.close()
  return typeof why === 'string' ? undefined : why
}

/** A file that is being replaced may be unreadable for a moment. */
function readQuietly(path: string): string | undefined {
  try {
    return readText(path)
  } catch {
    return undefined
  }
}
