import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PATHS } from '../traffic/protocols.ts'
import { CLIENT_KEY, UPSTREAM_KEY, UPSTREAM_MODELS, type Gateway } from './gateway.ts'
import { NOT_INSTALLED, PEERS, sizeOf, versionOf } from './installed.ts'

const FOLDER = join(PEERS, 'claude-code-router')
const PACKAGE = join(FOLDER, 'node_modules', '@musistudio', 'claude-code-router')

/** claude-code-router: Messages in, Chat out. Its log is off, as it writes every body otherwise. */
export const claudeCodeRouter: Gateway = {
  name: 'claude-code-router',
  find() {
    const version = versionOf(PACKAGE)
    return version === undefined ? NOT_INSTALLED : { version, bytes: sizeOf(join(FOLDER, 'node_modules')) }
  },
  ask: ({ client, upstream }) =>
    client === 'messages' && upstream === 'chat'
      ? {
          path: PATHS.messages,
          model: `mock,${UPSTREAM_MODELS.chat}`,
          headers: { 'x-api-key': CLIENT_KEY },
        }
      : undefined,
  launch({ folder, port, upstreamPort }) {
    const home = join(folder, '.claude-code-router')
    mkdirSync(home, { recursive: true })
    const config = {
      LOG: false,
      HOST: '127.0.0.1',
      PORT: port,
      APIKEY: CLIENT_KEY,
      NON_INTERACTIVE_MODE: true,
      Providers: [
        {
          name: 'mock',
          api_base_url: `http://127.0.0.1:${upstreamPort}/v1/chat/completions`,
          api_key: UPSTREAM_KEY,
          models: [UPSTREAM_MODELS.chat],
        },
      ],
      Router: { default: `mock,${UPSTREAM_MODELS.chat}` },
    }
    writeFileSync(join(home, 'config.json'), JSON.stringify(config))
    return { command: process.execPath, args: [join(PACKAGE, 'dist', 'cli.js'), 'start'] }
  },
}
