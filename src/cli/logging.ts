import { asObject, asString, parseJson } from '../ir/json.ts'
import { createLogger, type Logger, type LogLevel } from '../log.ts'
import { paint, type Io, type Style } from './io.ts'
import { createLineBuffer } from './line-buffer.ts'

/** A log whose level can change while it is written. */
export type ProcessLog = Logger & { setLevel(level: LogLevel): void }

/**
 * A log on the error output: JSON lines for machines, a short form for people. Lines of one turn of the event loop are
 * written together, but nothing worse than `info` waits.
 */
export function createProcessLog(io: Io, level: LogLevel): ProcessLog {
  const buffer = createLineBuffer(io.writeError)
  const write = io.errorIsTerminal
    ? (line: string) => io.writeError(`${readable(line, io.errorColor)}\n`)
    : buffer.add
  const at = (least: LogLevel) => createLogger({ level: least, write, now: () => new Date() })
  let current = at(level)
  return {
    debug: (message, fields) => current.debug(message, fields),
    info: (message, fields) => current.info(message, fields),
    warn(message, fields) {
      current.warn(message, fields)
      buffer.flush()
    },
    error(message, fields) {
      current.error(message, fields)
      buffer.flush()
    },
    setLevel(next) {
      current = at(next)
    },
  }
}

const STYLES: Readonly<Record<string, Style>> = { debug: 'dim', info: 'cyan', warn: 'yellow', error: 'red' }

/** `12:00:01 warn  message  key=value`, of one JSON line. */
export function readable(line: string, color: boolean): string {
  const { time, level, message, ...fields } = asObject(parseJson(line))
  const name = asString(level) ?? ''
  const rest = Object.entries(fields).map(
    ([key, value]) =>
      `${key}=${typeof value === 'string' && !/\s/.test(value) ? value : JSON.stringify(value)}`,
  )
  return [
    paint('dim', (asString(time) ?? '').slice(11, 19), color),
    paint(STYLES[name] ?? 'bold', name.padEnd(5), color),
    asString(message) ?? '',
    ...rest,
  ].join(' ')
}
