import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import { codexCatalogue, firstModel } from './clients/codex-catalogue.ts'
import { CODEX_PROVIDER, codexProvider, toml } from './clients/codex-settings.ts'
import { ensureGateway } from './clients/gateway-for.ts'
import { targetsInUse } from './clients/names-in-use.ts'
import { runClient } from './clients/run-client.ts'
import type { Arguments } from './command.ts'
import { settingsFile } from './connect/clients.ts'
import { topLevelString } from './connect/codex-toml.ts'
import { readText } from './find-options.ts'
import type { Io } from './io.ts'
import { replaceFile } from './private-file.ts'

const KEY_VARIABLE = 'DRAGOMAN_CODEX_KEY'

/** `dragoman codex [args]`: Codex through the gateway, without touching its own configuration. */
export async function run(args: Arguments, io: Io): Promise<number> {
  const { config, access, stateDir } = await ensureGateway({ ...args, positionals: [] }, io)
  const catalogue = join(stateDir, 'codex-models.json')
  replaceFile(catalogue, `${JSON.stringify(codexCatalogue(config), null, 2)}\n`, 0o600)
  const provider = codexProvider(access, { in: 'environment', name: KEY_VARIABLE }).join(', ')
  const chosen = choosesModel(args.positionals) || ownModelIsServed(config, io)
  const model = chosen ? undefined : firstModel(config)
  const overrides = [
    `model_provider=${toml(CODEX_PROVIDER)}`,
    `model_providers.${CODEX_PROVIDER}={ ${provider} }`,
    `model_catalog_json=${toml(catalogue)}`,
    ...(model === undefined ? [] : [`model=${toml(model)}`]),
  ]
  return await runClient({
    command: 'codex',
    args: [...overrides.flatMap((override) => ['-c', override]), ...args.positionals],
    env: { ...io.env, [KEY_VARIABLE]: access.key },
    cwd: io.cwd,
    install: 'Install it: npm install -g @openai/codex',
  })
}

/** Whether the model of the user's own configuration is to be had here. */
function ownModelIsServed(config: Config, io: Io): boolean {
  const own = topLevelString(readText(settingsFile('codex', io)) ?? '', 'model')
  return own !== undefined && targetsInUse(config, [own]).length > 0
}

function choosesModel(args: readonly string[]): boolean {
  return args.some(
    (arg, index) =>
      /^(?:-m|--model|-p|--profile)(?:=|$)/.test(arg) ||
      (/^(?:-c|--config)$/.test(args[index - 1] ?? '') && /^model\s*=/.test(arg)),
  )
}
