/** `dragoman connect opencode` and what the real opencode makes of it. */
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { sandbox } from '../support/cli.ts'
import type { Installed } from './install.ts'
import { installOpencode, QUIET } from './opencode-session.ts'
import { runClient } from './run-client.ts'

const OWN = `{
  "$schema": "https://opencode.ai/config.json",
  "permission": { "bash": "allow" },
    "username":   "me"
}
`
const KEY = 'client-key-0123456789'
const SETTINGS = join('.config', 'opencode', 'opencode.json')

let opencode: Installed
beforeAll(async () => {
  opencode = await installOpencode()
})

/** A user's machine with a config of two models, and with opencode's settings or without. */
async function machine(own?: string) {
  if ('missing' in opencode) throw new Error(opencode.missing)
  const { path } = opencode
  const upstream = await startSimulator()
  onTestFinished(() => upstream.close())
  upstream.respond((request) => {
    const body = JSON.stringify(request.body)
    if (!body.includes('"bash"')) return { text: 'A title' }
    if (body.includes('a note from the folder')) return { text: `${String(request.body['model'])} read it.` }
    return { toolCalls: [{ name: 'bash', input: { command: 'cat note.txt', description: 'Read' } }] }
  })
  const box = await sandbox({
    'dragoman.yaml': `server: { port: 0 }
auth: { keys: ["${KEY}"] }
providers:
  azure:   { type: azure-openai, endpoint: "${upstream.url}", apiKey: azure-key-1 }
  foundry: { type: azure-foundry, baseUrl: "${upstream.url}/anthropic", apiKey: foundry-key-1 }
models: { "big-one": azure/gpt-5.4, "claude-sonnet-5-5": foundry/claude-sonnet-4-6 }
`,
    'work/note.txt': 'a note from the folder',
    ...(own !== undefined && { [SETTINGS]: own }),
  })
  const readNote = (model: string) =>
    runClient({
      command: path,
      args: ['run', '--model', `dragoman/${model}`, 'Read the note'],
      env: { ...QUIET, HOME: box.folder },
      cwd: join(box.folder, 'work'),
    })
  return { box, upstream, readNote }
}

describe('connect opencode', () => {
  it('leads it to every model of the gateway, and disconnect gives its settings back', async (test) => {
    if ('missing' in opencode) return test.skip(opencode.missing)
    const { box, upstream, readNote } = await machine(OWN)
    const connected = await box.run(['connect', 'opencode'])
    expect(connected).toMatchObject({ code: 0, out: expect.stringContaining('Connected') })
    expect(await box.read(SETTINGS)).toContain('"username":   "me"')

    for (const [model, answer] of [
      ['big-one', 'gpt-5.4 read it.'],
      ['claude-sonnet-5-5', 'claude-sonnet-4-6 read it.'],
    ] as const) {
      const ran = await readNote(model)
      expect(ran.stdout + ran.stderr).toContain(answer)
      expect(ran.code).toBe(0)
    }
    // What opencode presents is for the gateway alone.
    expect(upstream.requests.length).toBeGreaterThan(3)
    for (const { headers } of upstream.requests) expect(JSON.stringify(headers)).not.toContain(KEY)

    expect((await box.run(['disconnect', 'opencode'])).code).toBe(0)
    expect(await box.read(SETTINGS)).toBe(OWN)
  })

  it('makes settings where there are none, and leaves nothing of itself in them', async (test) => {
    if ('missing' in opencode) return test.skip(opencode.missing)
    const { box, readNote } = await machine()
    expect((await box.run(['connect', 'opencode'])).code).toBe(0)
    const ran = await readNote('big-one')
    expect(ran.stdout + ran.stderr).toContain('gpt-5.4 read it.')

    expect((await box.run(['disconnect', 'opencode'])).code).toBe(0)
    // opencode itself adds a line to settings that it finds.
    const left = JSON.parse(await box.read(SETTINGS).catch(() => '{}'))
    expect(Object.keys(left).filter((name) => name !== '$schema')).toEqual([])
  })
})
