import { readdirSync, readFileSync } from 'node:fs'
import { it } from 'vitest'
import { ask } from '../support/ask.ts'
import { startGateway } from '../support/gateway.ts'
const F = '/work/shared/captures/'
for (const model of ['foundry/claude-opus-5-5', 'claude/claude-opus-5-5'])
for (const name of readdirSync(F).filter((n) => n.startsWith('claude-') && n.endsWith('.json')))
  it(model + name, async () => {
    const { url, simulator } = await startGateway()
    const c = JSON.parse(readFileSync(F + name, 'utf8'))
    const { host, 'content-length': _, connection, ...h } = c.headers
    const a = await ask(url + c.path, { headers: { ...h, 'accept-encoding': 'identity' }, body: JSON.stringify({ ...c.body, stream: false, model }) })
    console.log(model, name, c.body.model, a.status, a.status === 200 ? '' : a.text.slice(0, 400), a.headers['x-dragoman-dropped'], Object.keys(c.body).join(','))
  })
