import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PATHS } from '../traffic/protocols.ts'
import { CLIENT_KEY, UPSTREAM_KEY, UPSTREAM_MODELS, type Gateway, type LaunchSite } from './gateway.ts'
import { ROOT, sizeOf, versionOf } from './installed.ts'

const MAIN = join(ROOT, 'dist', 'main.js')

/** Dragoman as it is published, with everything on: keys, routing, retries, the log. */
export const dragoman: Gateway = {
  name: 'dragoman',
  find() {
    if (!existsSync(MAIN)) return 'not built (npm run build)'
    return {
      version: versionOf(ROOT) ?? 'unknown',
      bytes: sizeOf(join(ROOT, 'dist')) + sizeOfDependencies(ROOT),
    }
  },
  ask: ({ client, upstream }) => ({
    path: PATHS[client],
    model: `to-${upstream}`,
    headers: { authorization: `Bearer ${CLIENT_KEY}` },
  }),
  launch(site) {
    const file = join(site.folder, 'dragoman.yaml')
    // JSON is YAML too.
    writeFileSync(file, JSON.stringify(configuration(site), undefined, 2))
    return { command: process.execPath, args: [MAIN, 'start', '--config', file] }
  },
}

function configuration({ port, upstreamPort, folder, extraModels = 0 }: LaunchSite): object {
  const upstream = `http://127.0.0.1:${upstreamPort}`
  const provider = { apiKey: UPSTREAM_KEY }
  const extra = Array.from({ length: extraModels }, (_, index) => [`model-${index}`, `chat/model-${index}`])
  return {
    server: { port },
    stateDir: folder,
    auth: { keys: [CLIENT_KEY] },
    providers: {
      chat: { ...provider, type: 'openai-compatible', baseUrl: `${upstream}/v1` },
      messages: { ...provider, type: 'anthropic', baseUrl: upstream },
      responses: { ...provider, type: 'openai', baseUrl: `${upstream}/v1`, protocol: 'responses' },
    },
    models: {
      ...(Object.fromEntries(extra) as Record<string, string>),
      'to-chat': `chat/${UPSTREAM_MODELS.chat}`,
      'to-messages': `messages/${UPSTREAM_MODELS.messages}`,
      'to-responses': `responses/${UPSTREAM_MODELS.responses}`,
    },
  }
}

/** Bytes of the packages that an installation brings along. */
function sizeOfDependencies(folder: string, seen = new Set<string>()): number {
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>
  }
  let bytes = 0
  for (const name of Object.keys(dependencies)) {
    const installed = join(ROOT, 'node_modules', name)
    if (seen.has(name) || !existsSync(installed)) continue
    seen.add(name)
    bytes += sizeOf(installed) + sizeOfDependencies(installed, seen)
  }
  return bytes
}
