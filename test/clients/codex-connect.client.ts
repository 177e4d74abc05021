/** `dragoman connect codex` and what the real Codex makes of it. */
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { sandbox } from '../support/cli.ts'
import { installCodex } from './codex-session.ts'
import type { Installed } from './install.ts'
import { runClient } from './run-client.ts'

const SERVER = join(import.meta.dirname, 'run-client-mcp-server.mjs')
const OWN = `# My own settings
analytics.enabled = false

[mcp_servers.almanac]
command = ${JSON.stringify(process.execPath)}
args = [${JSON.stringify(SERVER)}]
`

let codex: Installed
beforeAll(async () => {
  codex = await installCodex()
})

describe('connect codex', () => {
  it('leads it to Claude with its MCP tools, and disconnect gives its settings back', async (test) => {
    if ('missing' in codex) return test.skip(codex.missing)
    const upstream = await startSimulator()
    onTestFinished(() => upstream.close())
    const box = await sandbox({
      'dragoman.yaml': `server: { port: 0 }
providers:
  foundry: { type: azure-foundry, baseUrl: "${upstream.url}/anthropic", apiKey: foundry-key-1 }
models: { "big-one": foundry/claude-sonnet-4-6 }
`,
      'work/note.txt': 'a note from the folder',
      '.codex/config.toml': OWN,
    })
    upstream.enqueue(
      { toolCalls: [{ name: 'mcp__almanac__tide_at_dover', input: { day: 'Monday' } }] },
      { text: 'It is at 11:42.' },
    )

    const connected = await box.run(['connect', 'codex'])
    expect(connected).toMatchObject({ code: 0, out: expect.stringContaining('Connected') })
    expect(await box.read('.codex/config.toml')).toContain('# My own settings')
    const ran = await runClient({
      command: process.execPath,
      args: [
        codex.path,
        'exec',
        '--skip-git-repo-check',
        '--dangerously-bypass-approvals-and-sandbox',
        'When is high water at Dover on Monday?',
      ],
      env: { HOME: box.folder },
      cwd: join(box.folder, 'work'),
    })
    expect(ran.stdout).toContain('It is at 11:42.')
    expect(ran.stderr).not.toContain('metadata')
    expect(ran.code).toBe(0)
    expect(upstream.requests.map(({ body }) => body['model'])).toEqual([
      'claude-sonnet-4-6',
      'claude-sonnet-4-6',
    ])
    expect(JSON.stringify(upstream.last.body)).toContain('tide_at_dover on Monday: 11:42')

    expect((await box.run(['disconnect', 'codex'])).code).toBe(0)
    expect(await box.read('.codex/config.toml')).toBe(OWN)
  })
})
