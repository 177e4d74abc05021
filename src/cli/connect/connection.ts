import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asObject, asString, isObject, parseJson, type JsonObject } from '../../ir/json.ts'
import { readText } from '../find-options.ts'
import { replaceFile } from '../private-file.ts'

/** What was written into a client's settings and what stood there before, so that it can be put back. */
export type Connection = {
  /** The client's settings file. */
  readonly file: string
  /** By the path of each member, its parts joined by slashes. */
  readonly written: JsonObject
  /** The same for what stood there; absent where nothing did. */
  readonly previous: JsonObject
  /** The file itself was made for us. */
  readonly created?: true
}

/** The kept record of a connection; undefined when there is none. */
export function readConnection(stateDir: string, client: string): Connection | undefined {
  const wire = asObject(parseJson(readText(fileOf(stateDir, client)) ?? ''))
  const file = asString(wire.file)
  const { written, previous, created } = wire
  if (file === undefined || !isObject(written)) return undefined
  return { file, written, previous: asObject(previous), ...(created === true && { created }) }
}

/** Keeps the record of a connection. Mode 0600: it holds keys. */
export function keepConnection(stateDir: string, client: string, connection: Connection): void {
  replaceFile(fileOf(stateDir, client), `${JSON.stringify(connection, null, 2)}\n`, 0o600)
}

/** Forgets a connection. */
export function forgetConnection(stateDir: string, client: string): void {
  rmSync(fileOf(stateDir, client), { force: true })
}

function fileOf(stateDir: string, client: string): string {
  return join(stateDir, 'connections', `${client}.json`)
}

/**
 * Keeps a copy of a settings file before it is changed. Mode 0600.
 *
 * @returns where; undefined when there was nothing to keep
 */
export function backUp(
  stateDir: string,
  file: string,
  options: { readonly name: string; readonly now: Date },
): string | undefined {
  const text = readText(file)
  if (text === undefined) return undefined
  const folder = join(stateDir, 'backups')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${options.now.toISOString().replace(/[:.]/g, '-')}-${options.name}`)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}
