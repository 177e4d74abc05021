import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UPSTREAM_KEY, UPSTREAM_MODELS, type Gateway } from './gateway.ts'
import { NOT_INSTALLED, PEERS, sizeOf } from './installed.ts'

const BINARY = join(PEERS, 'bifrost', 'bin', 'bifrost-http')
const PATHS = {
  chat: '/v1/chat/completions',
  messages: '/anthropic/v1/messages',
  responses: '/v1/responses',
} as const

/** Bifrost's HTTP transport. Its models are named after their provider. */
export const bifrost: Gateway = {
  name: 'bifrost',
  find() {
    return existsSync(BINARY) ? { version: 'latest', bytes: sizeOf(BINARY) } : NOT_INSTALLED
  },
  ask: ({ client, upstream }) => ({
    path: PATHS[client],
    model: `${upstream === 'messages' ? 'anthropic' : 'openai'}/${UPSTREAM_MODELS[upstream]}`,
    headers: {},
  }),
  launch({ folder, port, upstreamPort }) {
    const provider = (models: readonly string[]) => ({
      keys: [{ name: 'bench', value: UPSTREAM_KEY, models, weight: 1 }],
      network_config: { base_url: `http://127.0.0.1:${upstreamPort}` },
    })
    const config = {
      providers: {
        openai: provider([UPSTREAM_MODELS.chat, UPSTREAM_MODELS.responses]),
        anthropic: provider([UPSTREAM_MODELS.messages]),
      },
      config_store: { enabled: false },
      logs_store: { enabled: false },
    }
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
    return {
      command: BINARY,
      args: ['-app-dir', folder, '-host', '127.0.0.1', '-port', String(port), '-log-level', 'error'],
    }
  },
}
