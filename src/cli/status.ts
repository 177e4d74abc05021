import { VERSION } from '../version.ts'
import type { Arguments } from './command.ts'
import { findGateways, type LiveGateway } from './daemon/find.ts'
import { localUrl } from './daemon/health.ts'
import { paint, table, type Io } from './io.ts'

/** `dragoman status`. Exit code 0 when a gateway runs, 1 when none does. */
export async function run(args: Arguments, io: Io): Promise<number> {
  const { gateway, others, cleaned, place } = await findGateways(args, io)
  if (args.on.has('json')) {
    const status = {
      running: gateway?.found.state === 'running',
      ...(gateway === undefined ? { config: place.source } : described(gateway)),
      stateDir: place.stateDir,
      others: others.map(described),
      cleaned,
    }
    io.write(`${JSON.stringify(status, null, 2)}\n`)
    return gateway?.found.state === 'running' ? 0 : 1
  }
  for (const line of cleaned) io.writeError(`${line}\n`)
  if (gateway === undefined) io.write(`${paint('yellow', 'Not running', io.color)} (${place.source})\n`)
  else show(gateway, io)
  for (const other of others) show(other, io)
  return gateway?.found.state === 'running' ? 0 : 1
}

function described({ record, found }: LiveGateway) {
  const { uptime, workers = 1 } = found.state === 'running' ? found : { uptime: null, workers: null }
  return { ...record, url: localUrl(record.host, record.port), state: found.state, uptime, workers }
}

function show({ record, found }: LiveGateway, io: Io): void {
  const state =
    found.state === 'running'
      ? paint('green', 'Running', io.color)
      : `${paint('yellow', 'Not answering', io.color)}: it starts, drains, or hangs (dragoman stop --force)`
  const rows = [
    ['  address', localUrl(record.host, record.port)],
    ['  pid', String(record.pid)],
    ['  since', `${record.started}${found.state === 'running' ? ` (${duration(found.uptime)})` : ''}`],
    ...(found.state === 'running' && found.workers !== undefined
      ? [['  workers', String(found.workers)]]
      : []),
    ['  config', record.config],
    ['  log', record.log ?? 'in its terminal'],
    ['  version', record.version === VERSION ? VERSION : `${record.version} (installed: ${VERSION})`],
  ]
  io.write(`${state}\n${table(rows)}`)
}

/** `5 s`, `12 min`, `3 h 20 min`, `2 d 4 h`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}
