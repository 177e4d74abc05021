import type { Config } from '../../config/config.ts'
import { createGateway, type Gateway } from '../../index.ts'
import { UsageError, type Arguments } from '../command.ts'
import { fastPathsIn } from '../fast-paths.ts'
import type { Io } from '../io.ts'
import { createProcessLog, type ProcessLog } from '../logging.ts'
import { toProblem, type FromWorker, type ToWorker } from './messages.ts'

/** Between workers that would probe the same target at the same moment. Milliseconds. */
const YIELD_MS = 10
/** How long a worker that was replaced may go on with its answers. */
const RETIRE_MS = 600_000
/** How long its idle connections may ask once more; clients in use hear on their next answer that they should not. */
const IDLE_MS = 5_000

/**
 * Serves as one of several processes; `--worker` carries its number. The primary decides everything: signals are its alone,
 * also those that a terminal sends to all processes, and when it is gone, Node ends this process.
 *
 * @throws UsageError when nobody started this process as a worker
 */
export async function work({ text }: Arguments, io: Io): Promise<number> {
  const tell = (message: FromWorker) => void process.send?.(message)
  if (process.send === undefined) throw new UsageError('dragoman start has no option --worker')
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

  const number = Number(text.worker)
  const ended = Promise.withResolvers<number>()
  let working: Working | undefined
  const follow = async (message: ToWorker): Promise<void> => {
    switch (message.type) {
      case 'serve':
        // News may come while it begins to listen.
        working = await begin(message, number, io, tell)
        return tell({ type: 'ready', ...(await working.gateway.listen()) })
      case 'config':
        return await reload(working, message.config)
      case 'news':
        return working?.gateway.hear(message.news)
      case 'workers':
        if (working !== undefined) working.size = message.workers
        return
      case 'retire':
        await working?.gateway.close({ drainMs: RETIRE_MS, idleMs: IDLE_MS })
        return ended.resolve(0)
      case 'stop':
        // One that retires already is given no more time than the others.
        setTimeout(() => ended.resolve(0), message.drainMs).unref()
        await working?.gateway.close({ drainMs: message.drainMs })
        return ended.resolve(0)
      default:
        message satisfies never
    }
  }
  process.on('message', (message: ToWorker) => {
    follow(message).catch((thrown: unknown) => {
      tell({ type: 'failed', problem: toProblem(thrown) })
      ended.resolve(1)
    })
  })
  tell({ type: 'hello' })
  const code = await ended.promise
  // What the log still holds is written before Node ends a worker without a primary.
  setImmediate(() => process.disconnect())
  return code
}

type Working = { readonly gateway: Gateway; readonly log: ProcessLog; size: number }

async function begin(
  { config, instance, uptimeMs, workers, memory }: ToWorker & { type: 'serve' },
  number: number,
  io: Io,
  tell: (message: FromWorker) => void,
): Promise<Working> {
  const log = numbered(createProcessLog(io, config.log.level), number)
  const crew = {
    tell: (news: Parameters<Gateway['hear']>[0]) => tell({ type: 'news', news }),
    yieldMs: number * YIELD_MS,
    uptimeMs,
    size: () => working.size,
  }
  const gateway = await createGateway(config, { log, instance, crew, ...fastPathsIn(io) })
  for (const news of memory) gateway.hear(news)
  const working: Working = { gateway, log, size: workers }
  return working
}

async function reload(working: Working | undefined, config: Config): Promise<void> {
  try {
    await working?.gateway.reload(config)
    working?.log.setLevel(config.log.level)
  } catch (error) {
    working?.log.error('The edited configuration was not taken; the old one stays', { error })
  }
}

/** A log whose lines say which worker wrote them. */
function numbered(log: ProcessLog, worker: number): ProcessLog {
  return {
    debug: (message, fields) => log.debug(message, { worker, ...fields }),
    info: (message, fields) => log.info(message, { worker, ...fields }),
    warn: (message, fields) => log.warn(message, { worker, ...fields }),
    error: (message, fields) => log.error(message, { worker, ...fields }),
    setLevel: (level) => log.setLevel(level),
  }
}
