import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PATHS } from '../traffic/protocols.ts'
import { CLIENT_KEY, UPSTREAM_KEY, UPSTREAM_MODELS, type Gateway } from './gateway.ts'
import { NOT_INSTALLED, PEERS, sizeOf } from './installed.ts'

const FOLDER = join(PEERS, 'litellm')
const BINARY = join(FOLDER, 'bin', 'litellm')

/** LiteLLM's proxy with one worker. */
export const litellm: Gateway = {
  name: 'litellm',
  find() {
    return existsSync(BINARY) ? { version: version(), bytes: sizeOf(join(FOLDER, 'lib')) } : NOT_INSTALLED
  },
  ask: ({ client, upstream }) => ({
    path: PATHS[client],
    model: `to-${upstream}`,
    headers: { authorization: `Bearer ${CLIENT_KEY}` },
  }),
  launch({ folder, port, upstreamPort }) {
    const upstream = `http://127.0.0.1:${upstreamPort}`
    const config = {
      model_list: [
        // The provider that never turns Messages into Responses.
        model('to-chat', `hosted_vllm/${UPSTREAM_MODELS.chat}`, `${upstream}/v1`),
        model('to-messages', `anthropic/${UPSTREAM_MODELS.messages}`, upstream),
        model('to-responses', `openai/${UPSTREAM_MODELS.responses}`, `${upstream}/v1`),
      ],
      general_settings: { master_key: CLIENT_KEY },
      litellm_settings: { telemetry: false },
    }
    const file = join(folder, 'litellm.yaml')
    writeFileSync(file, JSON.stringify(config))
    const args = ['--config', file, '--host', '127.0.0.1', '--port', String(port), '--num_workers', '1']
    return {
      command: BINARY,
      args,
      env: { LITELLM_LOG: 'ERROR', LITELLM_LOCAL_MODEL_COST_MAP: 'True', LITELLM_MODE: 'PRODUCTION' },
    }
  },
}

const model = (name: string, target: string, base: string): object => ({
  model_name: name,
  litellm_params: { model: target, api_base: base, api_key: UPSTREAM_KEY },
})

/** From the folder that pip leaves beside a package. */
function version(): string {
  const [python = ''] = readdirSync(join(FOLDER, 'lib'))
  const packages = readdirSync(join(FOLDER, 'lib', python, 'site-packages'))
  return packages.flatMap((name) => /^litellm-([\d.]+)\.dist-info$/.exec(name)?.[1] ?? [])[0] ?? 'unknown'
}
