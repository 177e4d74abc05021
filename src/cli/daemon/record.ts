import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { asNumber, asObject, asString, parseJson } from '../../ir/json.ts'
import { readText } from '../find-options.ts'

/** What a running gateway writes down about itself, so that other commands find it and know it again. */
export type GatewayRecord = {
  /** Told by `/health` too: pid and port may belong to somebody else by now, this cannot. */
  readonly instance: string
  readonly pid: number
  readonly host: string
  readonly port: number
  readonly version: string
  /** ISO 8601. */
  readonly started: string
  /** The config file's full path, or `environment`. */
  readonly config: string
  /** Where its log goes; absent in the foreground. */
  readonly log?: string
}

/** The record in a file; undefined when there is none that can be read. */
export function readRecord(file: string): GatewayRecord | undefined {
  const wire = asObject(parseJson(readText(file) ?? ''))
  const instance = asString(wire.instance)
  const pid = asNumber(wire.pid)
  const host = asString(wire.host)
  const port = asNumber(wire.port)
  if (instance === undefined || pid === undefined || host === undefined || port === undefined)
    return undefined
  const log = asString(wire.log)
  return {
    instance,
    pid,
    host,
    port,
    version: asString(wire.version) ?? '',
    started: asString(wire.started) ?? '',
    config: asString(wire.config) ?? '',
    ...(log !== undefined && { log }),
  }
}

/** Writes the record in one step: a reader sees the old one or the new one. Mode 0600. */
export function writeRecord(file: string, record: GatewayRecord): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const draft = `${file}.${record.pid}.tmp`
  writeFileSync(draft, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 })
  renameSync(draft, file)
}

/** Removes the record, but only that of this instance. */
export function removeRecord(file: string, instance: string): void {
  if (readRecord(file)?.instance === instance) rmSync(file, { force: true })
}

/** The record files in a state folder. */
export function recordFiles(stateDir: string): readonly string[] {
  try {
    return readdirSync(stateDir)
      .filter((name) => /^gateway-[0-9a-f]{8}\.json$/.test(name))
      .map((name) => join(stateDir, name))
  } catch {
    return []
  }
}
