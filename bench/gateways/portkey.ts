import { join } from 'node:path'
import { PATHS } from '../traffic/protocols.ts'
import { UPSTREAM_KEY, UPSTREAM_MODELS, type Gateway } from './gateway.ts'
import { NOT_INSTALLED, PEERS, sizeOf, versionOf } from './installed.ts'

const FOLDER = join(PEERS, 'portkey')
const PACKAGE = join(FOLDER, 'node_modules', '@portkey-ai', 'gateway')

/** Portkey's gateway. It has no configuration file: requests say where they go. */
export const portkey: Gateway = {
  name: 'portkey',
  find() {
    const version = versionOf(PACKAGE)
    return version === undefined ? NOT_INSTALLED : { version, bytes: sizeOf(join(FOLDER, 'node_modules')) }
  },
  ask({ client, upstream }, upstreamPort) {
    // Only Chat is translated.
    if (client !== 'chat' && client !== upstream) return undefined
    return {
      path: PATHS[client],
      model: UPSTREAM_MODELS[upstream],
      headers: {
        authorization: `Bearer ${UPSTREAM_KEY}`,
        'x-portkey-provider': upstream === 'messages' ? 'anthropic' : 'openai',
        'x-portkey-custom-host': `http://127.0.0.1:${upstreamPort}/v1`,
      },
    }
  },
  launch({ port }) {
    const args = [join(PACKAGE, 'build', 'start-server.js'), `--port=${port}`, '--headless']
    return { command: process.execPath, args, env: { NODE_ENV: 'production' } }
  },
}
