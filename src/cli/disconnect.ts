import { rmSync } from 'node:fs'
import { stateFolder } from '../config/paths.ts'
import type { Arguments } from './command.ts'
import { clientNamed } from './connect.ts'
import { settingsFile } from './connect/clients.ts'
import { disconnectCodex, isConnected } from './connect/codex-toml.ts'
import { backUp, forgetConnection, readConnection } from './connect/connection.ts'
import { disconnectJson } from './connect/json-settings.ts'
import { findPlace } from './daemon/place.ts'
import { shortPath } from './daemon/launch.ts'
import { readText } from './find-options.ts'
import { paint, type Io } from './io.ts'
import { replaceFile } from './private-file.ts'

/** `dragoman disconnect claude|codex|opencode`. Works without a config and without a gateway. */
export async function run(args: Arguments, io: Io): Promise<number> {
  const client = clientNamed(args)
  const { stateDir } = await findPlace(args, io)
  const connection =
    readConnection(stateDir, client) ?? readConnection(stateFolder({ ...io, env: io.env }), client)
  const file = connection?.file ?? settingsFile(client, io)
  const text = readText(file)
  if (text === undefined || (client === 'codex' ? !isConnected(text) : connection === undefined)) {
    io.write(`${shortPath(file)} holds nothing that "dragoman connect ${client}" wrote.\n`)
    forgetConnection(stateDir, client)
    return 0
  }
  const outcome =
    connection === undefined || client === 'codex'
      ? { text: disconnectCodex(text), restored: ['its block'], kept: [] }
      : disconnectJson(text, connection)
  if (args.on.has('print')) {
    io.write(outcome.text)
    return 0
  }
  if (outcome.text !== text) {
    backUp(stateDir, file, { name: `${client}-settings`, now: new Date() })
    // A file that was made for our lines goes with them.
    if (connection?.created === true && /^\s*(?:\{\s*\}\s*)?$/.test(outcome.text)) rmSync(file)
    else replaceFile(file, outcome.text, 0o600)
  }
  forgetConnection(stateDir, client)
  io.write(`${paint('green', 'Disconnected', io.color)}: ${shortPath(file)} is as it was before.\n`)
  for (const name of outcome.kept) io.write(`  ${name} was changed since, and was left alone\n`)
  if (client === 'claude') io.write('Sessions that run keep what they have until they end.\n')
  return 0
}
