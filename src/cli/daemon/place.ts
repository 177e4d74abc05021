import { hash } from 'node:crypto'
import { join, resolve } from 'node:path'
import { findConfig } from '../../config/find.ts'
import { stateFolder } from '../../config/paths.ts'
import type { Arguments } from '../command.ts'
import { findOptions, readText } from '../find-options.ts'
import type { Io } from '../io.ts'

/** Which gateway a command is about, and where that one keeps its files. */
export type GatewayPlace = {
  readonly stateDir: string
  /** The config file's full path, or `environment`. */
  readonly source: string
  /** Tells gateways with different configs apart. */
  readonly key: string
  /** Who it is: pid, address, instance. */
  readonly recordFile: string
  readonly logFile: string
}

/** Where the gateway of this config keeps its files. */
export function placeOf(stateDir: string, source: string): GatewayPlace {
  const key = hash('sha256', source).slice(0, 8)
  return {
    stateDir,
    source,
    key,
    recordFile: join(stateDir, `gateway-${key}.json`),
    logFile: join(stateDir, `gateway-${key}.log`),
  }
}

/**
 * The gateway that this command line means, without reading its config: that takes long, and a broken config must not
 * keep anybody from stopping what runs. Only a config that says where state lives is read.
 */
export async function findPlace(args: Arguments, io: Io): Promise<GatewayPlace> {
  const options = findOptions(args, io)
  const { file, env } = findConfig(options)
  const source = file === undefined ? 'environment' : resolve(io.cwd, file)
  return placeOf((await writtenStateDir(file, args, io)) ?? stateFolder({ ...options, env }), source)
}

async function writtenStateDir(
  file: string | undefined,
  args: Arguments,
  io: Io,
): Promise<string | undefined> {
  try {
    if (file === undefined || !/^\s*["']?stateDir\b/m.test(readText(file) ?? '')) return undefined
    const { load } = await import('../load-config.ts')
    return load(args, io).config.stateDir
  } catch {
    return undefined
  }
}
