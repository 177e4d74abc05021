import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { EVERY_PROVIDER, startGateway, type TestGateway } from '../support/gateway.ts'
import type { Installed } from './install.ts'
import { installOpencode, QUIET } from './opencode-session.ts'
import { runClient, testFolder, type Ran } from './run-client.ts'

let opencode: Installed
beforeAll(async () => {
  opencode = await installOpencode()
})

/** opencode's protocol packages, and a backend that speaks another protocol than each. */
const packages = [
  ['@ai-sdk/openai-compatible', 'Chat', 'foundry/claude-sonnet-4-6'],
  ['@ai-sdk/openai', 'Responses', 'foundry/claude-sonnet-4-6'],
  ['@ai-sdk/openai', 'Responses', 'gemini/gemini-3-pro'],
  ['@ai-sdk/anthropic', 'Messages', 'azure/gpt-5.4'],
] as const

async function session(gateway: TestGateway, npm: string, prompt: string, cwd: string): Promise<Ran> {
  if ('missing' in opencode) throw new Error(opencode.missing)
  const config = {
    $schema: 'https://opencode.ai/config.json',
    model: 'dragoman/claude-sonnet-5-5',
    permission: { bash: 'allow', edit: 'allow' },
    provider: {
      dragoman: {
        npm,
        name: 'Dragoman',
        options: { baseURL: `${gateway.url}/v1`, apiKey: 'a-local-token' },
        models: { 'claude-sonnet-5-5': { name: 'Any', tool_call: true, reasoning: true } },
      },
    },
  }
  await writeFile(join(cwd, 'opencode.json'), JSON.stringify(config))
  return runClient({
    command: opencode.path,
    args: ['run', '--model', 'dragoman/claude-sonnet-5-5', prompt],
    env: QUIET,
    cwd,
  })
}

describe.each(packages)('opencode with %s (%s) on %s', (npm, _, target) => {
  it('runs a command with its bash tool', async (test) => {
    if ('missing' in opencode) return test.skip(opencode.missing)
    const config = EVERY_PROVIDER.replace('"claude-*": azure/gpt-5.2', `"claude-*": ${target}`)
    const gateway = await startGateway({ config })
    const cwd = await testFolder()
    await writeFile(join(cwd, 'note.txt'), 'a note from the folder')
    gateway.simulator.respond((request) => {
      const body = JSON.stringify(request.body)
      if (!body.includes('"bash"')) return { text: 'A title' }
      if (body.includes('a note from the folder')) return { text: 'The note is copied.' }
      const command = 'cat note.txt > copy.txt && cat copy.txt'
      return { toolCalls: [{ name: 'bash', input: { command, description: 'Copy' } }] }
    })
    const ran = await session(gateway, npm, 'Copy the note', cwd)
    expect(ran.stdout + ran.stderr).toContain('The note is copied.')
    expect(await readFile(join(cwd, 'copy.txt'), 'utf8')).toBe('a note from the folder')
    expect(gateway.log.filter((line) => line['level'] === 'warn' && line['message'] === 'failed')).toEqual([])
  })
})
