import type { Config } from '../../config/config.ts'
import { loadConfig } from '../../config/load.ts'
import type { Arguments } from '../command.ts'
import { readText } from '../find-options.ts'
import type { Io } from '../io.ts'
import { loadOptions } from '../load-config.ts'

/** Files as they are to be written. */
export type Draft = {
  readonly configFile: string
  readonly configText: string
  readonly dotenv?: DotenvDraft
}
export type DotenvDraft = { readonly file: string; readonly text: string }

/**
 * The configuration that a draft amounts to, read as it will be once it is written.
 *
 * @throws ConfigError
 */
export function loadDraft({ configFile, configText, dotenv }: Draft, args: Arguments, io: Io): Config {
  const options = loadOptions(args, io)
  return loadConfig({
    ...options,
    flags: { config: configFile },
    readFile: (path) =>
      path === configFile ? configText : path === dotenv?.file ? dotenv.text : readText(path),
  }).config
}

/** The draft's configuration with nothing but some targets of one provider. */
export function onlyTargets(config: Config, provider: string, models: readonly string[]): Config {
  return {
    ...config,
    models: [...new Set(models)].map((model) => ({
      pattern: `${provider}/${model}`,
      steps: [{ targets: [{ provider, model }] }],
    })),
  }
}
