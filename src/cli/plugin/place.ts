import { join } from 'node:path'
import { configFolder, stateFolder } from '../../config/paths.ts'
import { asObject, asString, parseJson } from '../../ir/json.ts'
import { readText } from '../find-options.ts'
import type { Io } from '../io.ts'
import { replaceFile } from '../private-file.ts'

/** Where the plugin keeps what must outlive its own folders, which change with updates and go with it. */
export type PluginPlace = {
  readonly configFolder: string
  /** The config file that the plugin's commands are about. */
  readonly configFile: string
  readonly stateDir: string
  /** The folder of copies of the runtime. */
  readonly runtimeFolder: string
}

/** The plugin's places. A session's working folder has no say: sessions of every project share one gateway. */
export function pluginPlace(io: Pick<Io, 'env' | 'homedir' | 'platform'>): PluginPlace {
  const folder = configFolder(io)
  return {
    configFolder: folder,
    configFile: io.env.DRAGOMAN_CONFIG || join(folder, 'dragoman.yaml'),
    stateDir: stateFolder(io),
    runtimeFolder: join(folder, 'runtime'),
  }
}

/** What the hooks need to know without reading a config. */
export type PluginState = {
  /** Claude Code's settings file that was led to the gateway. */
  readonly settings: string
  /** Where it was led, without a slash at the end. */
  readonly url: string
  /** The gateway's config file. */
  readonly config: string
  /** Where that gateway keeps its files. */
  readonly stateDir: string
  /** Which options of the plugin the config was made from. */
  readonly applied?: string
}

/** What the last `on` left; undefined before the first. */
export function readState(stateDir: string): PluginState | undefined {
  const wire = asObject(parseJson(readText(fileIn(stateDir)) ?? ''))
  const settings = asString(wire.settings)
  const url = asString(wire.url)
  const config = asString(wire.config)
  if (settings === undefined || url === undefined || config === undefined) return undefined
  const applied = asString(wire.applied)
  return {
    settings,
    url,
    config,
    stateDir: asString(wire.stateDir) ?? stateDir,
    ...(applied !== undefined && { applied }),
  }
}

/** Keeps what the hooks need to know. */
export function keepState(stateDir: string, state: PluginState): void {
  replaceFile(fileIn(stateDir), `${JSON.stringify(state, null, 2)}\n`, 0o600)
}

/** Whether Claude Code's settings lead to the gateway. */
export function isRouted({ settings, url }: PluginState): boolean {
  const env = asObject(asObject(parseJson(readText(settings) ?? '')).env)
  return env.ANTHROPIC_BASE_URL === url
}

function fileIn(stateDir: string): string {
  return join(stateDir, 'plugin.json')
}
