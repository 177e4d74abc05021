import { join } from 'node:path'
import { mask } from '../log.ts'
import { codexCatalogue, firstModel } from './clients/codex-catalogue.ts'
import { CODEX_PROVIDER, codexProvider, toml } from './clients/codex-settings.ts'
import { NO_KEY } from './clients/claude-settings.ts'
import { ensureGateway, plannedGateway, type Serving } from './clients/gateway-for.ts'
import { targetsInUse } from './clients/names-in-use.ts'
import { Failure, UsageError, type Arguments } from './command.ts'
import {
  claudeMembers,
  CLIENTS,
  isJsonObject,
  opencodeMembers,
  settingsFile,
  type ClientName,
} from './connect/clients.ts'
import { connectCodex, disconnectCodex, topLevelString } from './connect/codex-toml.ts'
import { backUp, keepConnection, readConnection, type Connection } from './connect/connection.ts'
import { connectJson, type Member } from './connect/json-settings.ts'
import { shortPath } from './daemon/launch.ts'
import { readText } from './find-options.ts'
import { paint, type Io } from './io.ts'
import { replaceFile } from './private-file.ts'

/** `dragoman connect claude|codex|opencode`. */
export async function run(args: Arguments, io: Io): Promise<number> {
  const client = clientNamed(args)
  // What is only shown starts nothing.
  const shows = args.on.has('print')
  const serving = shows ? await plannedGateway(args, io) : await ensureGateway(args, io)
  const file = settingsFile(client, io)
  const before = readText(file)
  const text = before ?? ''
  const { next, connection } = edited(client, file, text, serving)
  if (shows) {
    const { key } = serving.access
    io.write(key === NO_KEY ? next : next.replaceAll(key, mask(key)))
    return 0
  }
  if (client === 'codex') writeCatalogue(serving)
  if (serving.config.server.port === 0)
    io.writeError(
      'server.port is 0: the port changes with every start, and the client has to be connected again\n',
    )
  const created = before === undefined || readConnection(serving.stateDir, client)?.created === true
  keepConnection(serving.stateDir, client, { ...connection, ...(created && { created }) })
  if (next === text) {
    io.write(`${shortPath(file)} leads to ${serving.access.url} already.\n`)
    return 0
  }
  const backup = backUp(serving.stateDir, file, { name: `${client}-settings`, now: new Date() })
  replaceFile(file, next, 0o600)
  io.write(
    `${paint('green', 'Connected', io.color)}: ${shortPath(file)} leads to ${serving.access.url} now.\n`,
  )
  if (backup !== undefined) io.write(`What stood there is kept in ${shortPath(backup)}\n`)
  io.write(`${AFTERWARDS[client]} To undo it: dragoman disconnect ${client}\n`)
  return 0
}

const AFTERWARDS: Readonly<Record<ClientName, string>> = {
  claude: 'Running sessions follow within seconds, new ones at once.',
  codex: 'New sessions follow.',
  opencode: 'New sessions have its models, under "Dragoman".',
}

/** @throws UsageError unless one known client is named */
export function clientNamed({ positionals }: Arguments): ClientName {
  const [name, ...more] = positionals
  const known = CLIENTS.find((client) => client === name)
  if (known === undefined || more.length > 0)
    throw new UsageError(
      `Name one of ${CLIENTS.join(', ')}${name === undefined ? '' : `, not "${positionals.join(' ')}"`}`,
    )
  return known
}

function edited(
  client: ClientName,
  file: string,
  text: string,
  serving: Serving,
): { readonly next: string; readonly connection: Connection } {
  const { config, access, stateDir } = serving
  if (client === 'codex') {
    const next = connectCodex(text, codexBlock(serving, text))
    return { next, connection: { file, written: {}, previous: {} } }
  }
  const kept = readConnection(stateDir, client)
  const earlier = kept?.file === file ? kept : undefined
  const members: readonly Member[] =
    client === 'claude' ? claudeMembers(config, access, text, earlier) : opencodeMembers(config, access)
  if (!isJsonObject(text))
    throw new Failure(
      `${file} is not plain JSON (it may hold comments), and was left alone. Add this by hand: ${maskedMembers(members, access.key)}`,
    )
  const { text: next, ...record } = connectJson(text, members, earlier)
  return { next, connection: { file, ...record } }
}

function maskedMembers(members: readonly Member[], key: string): string {
  const lines = members.map(({ path, value }) => `\n  ${path.join('.')}: ${JSON.stringify(value)}`).join('')
  return key === NO_KEY ? lines : lines.replaceAll(key, mask(key))
}

function codexBlock({ config, access, stateDir }: Serving, text: string) {
  const own = topLevelString(disconnectCodex(text), 'model')
  const model = own !== undefined && targetsInUse(config, [own]).length > 0 ? undefined : firstModel(config)
  return {
    keys: {
      model_provider: toml(CODEX_PROVIDER),
      model_catalog_json: toml(catalogueFile(stateDir)),
      ...(model !== undefined && { model: toml(model) }),
    },
    section: `model_providers.${CODEX_PROVIDER}`,
    lines: codexProvider(access, { in: 'file' }),
  }
}

function writeCatalogue({ config, stateDir }: Serving): void {
  replaceFile(catalogueFile(stateDir), `${JSON.stringify(codexCatalogue(config), null, 2)}\n`, 0o600)
}

function catalogueFile(stateDir: string): string {
  return join(stateDir, 'codex-models.json')
}
