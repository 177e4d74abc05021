import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '../../config/paths.ts'
import { asObject, isObject, parseJson } from '../../ir/json.ts'
import { readText } from '../find-options.ts'
import { replaceFile } from '../private-file.ts'

/** What the user told the plugin (`userConfig` in its manifest); each is absent until it is set. */
export type PluginOptions = {
  readonly provider?: string
  readonly endpoint?: string
  readonly apiKey?: string
  readonly apiVersion?: string
  readonly big?: string
  readonly middle?: string
  readonly small?: string
  readonly port?: string
  readonly autoStart?: string
}

/** Claude Code hands its hooks every option under these names, secrets too, and nothing for what is not set. */
const VARIABLES: readonly (readonly [keyof PluginOptions, string])[] = [
  ['provider', 'PROVIDER'],
  ['endpoint', 'ENDPOINT'],
  ['apiKey', 'API_KEY'],
  ['apiVersion', 'API_VERSION'],
  ['big', 'BIG_DEPLOYMENT'],
  ['middle', 'MIDDLE_DEPLOYMENT'],
  ['small', 'SMALL_DEPLOYMENT'],
  ['port', 'PORT'],
  ['autoStart', 'AUTO_START'],
]

/** The options as a hook is given them. */
export function optionsFrom(env: Environment): PluginOptions {
  return Object.fromEntries(
    VARIABLES.flatMap(([name, variable]) => {
      const value = env[`CLAUDE_PLUGIN_OPTION_${variable}`]?.trim()
      return value === undefined || value === '' ? [] : [[name, value]]
    }),
  )
}

/** False when the user wants to start the gateway himself. */
export function autoStarts({ autoStart }: PluginOptions): boolean {
  return !/^(?:false|0|no|off)$/i.test(autoStart ?? '')
}

/**
 * Slash commands are not given the options, but the hook that runs before them is: it leaves them here. Mode 0600, and
 * only until they are taken.
 */
export function handOver(stateDir: string, options: PluginOptions): void {
  replaceFile(fileIn(stateDir), `${JSON.stringify(options)}\n`, 0o600)
}

/** What was handed over, which is forgotten with this; undefined when nothing was. */
export function takeOver(stateDir: string): PluginOptions | undefined {
  const file = fileIn(stateDir)
  const text = readText(file)
  if (text === undefined) return undefined
  rmSync(file, { force: true })
  const value = parseJson(text)
  return isObject(value) ? (asObject(value) as PluginOptions) : undefined
}

function fileIn(stateDir: string): string {
  return join(stateDir, 'plugin-options.json')
}
