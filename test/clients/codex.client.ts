import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { EVERY_PROVIDER, startGateway, type TestGateway } from '../support/gateway.ts'
import { install, type Installed } from './install.ts'
import { runClient, temporaryFolder, type Ran } from './run-client.ts'

const VERSION = '0.169.0'

let codex: Installed
beforeAll(async () => {
  codex = await install('@openai/codex', VERSION, 'bin/codex.js')
})

const backends = [
  ['Claude on Foundry', 'foundry/claude-sonnet-4-6'],
  ['Azure Chat', 'azure/gpt-4.1'],
  ['Azure Responses', 'azure/gpt-5.4'],
  ['Gemini', 'gemini/gemini-3-pro'],
] as const

const configFor = (target: string) =>
  EVERY_PROVIDER.replace('"gpt-*": foundry/claude-sonnet-4-6', `"gpt-*": ${target}`)

/** One headless session; `model` decides which tools Codex offers. */
async function session(gateway: TestGateway, prompt: string, cwd: string, model = 'gpt-5.5'): Promise<Ran> {
  if ('missing' in codex) throw new Error(codex.missing)
  const provider = 'model_providers.dragoman'
  const settings = [
    'model_provider="dragoman"',
    `model="${model}"`,
    `${provider}.name="Dragoman"`,
    `${provider}.base_url="${gateway.url}/v1"`,
    `${provider}.env_key="DRAGOMAN_TOKEN"`,
    `${provider}.wire_api="responses"`,
    `${provider}.supports_websockets=false`,
    'analytics.enabled=false',
  ]
  return runClient({
    command: process.execPath,
    args: [
      codex.path,
      'exec',
      '--skip-git-repo-check',
      '--dangerously-bypass-approvals-and-sandbox',
      ...settings.flatMap((setting) => ['-c', setting]),
      prompt,
    ],
    env: { DRAGOMAN_TOKEN: 'a-local-token' },
    cwd,
  })
}

describe.each(backends)('Codex on %s', (_, target) => {
  it('runs a shell command and tells its output', async (test) => {
    if ('missing' in codex) return test.skip(codex.missing)
    const gateway = await startGateway({ config: configFor(target) })
    const folder = await temporaryFolder()
    try {
      await writeFile(join(folder.path, 'note.txt'), 'a note from the folder')
      gateway.simulator.enqueue(
        {
          text: 'I look.',
          toolCalls: [{ name: 'exec_command', input: { cmd: 'cat note.txt > copy.txt && cat copy.txt' } }],
        },
        { text: 'The note is copied.' },
      )
      const ran = await session(gateway, 'Copy the note', folder.path)
      expect(ran.stderr + ran.stdout).toContain('The note is copied.')
      expect(ran.code).toBe(0)
      expect(await readFile(join(folder.path, 'copy.txt'), 'utf8')).toBe('a note from the folder')
      expect(JSON.stringify(gateway.simulator.last.body)).toContain('a note from the folder')
    } finally {
      await folder.remove()
    }
  })

  it('applies a patch with its free-form tool', async (test) => {
    if ('missing' in codex) return test.skip(codex.missing)
    const gateway = await startGateway({ config: configFor(target) })
    const folder = await temporaryFolder()
    try {
      const patch = '*** Begin Patch\n*** Add File: made.txt\n+zebra "42"\n*** End Patch'
      gateway.simulator.respond((request) => {
        const body = JSON.stringify(request.body)
        if (body.includes('zebra')) return { text: 'The file is made.' }
        const native = body.includes('"type":"custom"')
        return { toolCalls: [{ name: 'apply_patch', input: native ? patch : { input: patch } }] }
      })
      const ran = await session(gateway, 'Make a file', folder.path)
      expect(ran.stderr + ran.stdout).toContain('The file is made.')
      expect(await readFile(join(folder.path, 'made.txt'), 'utf8')).toBe('zebra "42"\n')
    } finally {
      await folder.remove()
    }
  })
})
