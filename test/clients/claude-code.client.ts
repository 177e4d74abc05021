import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { install, type Installed } from './install.ts'
import { runClient, temporaryFolder, type Ran } from './run-client.ts'

const VERSION = '2.1.329'
const PACKAGE = `@anthropic-ai/claude-code-${process.platform}-${process.arch}`

let claude: Installed
beforeAll(async () => {
  claude = await install(PACKAGE, VERSION, process.platform === 'win32' ? 'claude.exe' : 'claude')
})

/** One headless session through the gateway, in `cwd`. */
function session(
  gateway: TestGateway,
  prompt: string,
  cwd: string,
  args: readonly string[] = [],
): Promise<Ran> {
  if ('missing' in claude) throw new Error(claude.missing)
  return runClient({
    command: claude.path,
    args: ['-p', prompt, '--model', 'claude-opus-5-5', '--output-format', 'json', ...args],
    env: {
      ANTHROPIC_BASE_URL: gateway.url,
      ANTHROPIC_AUTH_TOKEN: 'a-local-token',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_MAX_RETRIES: '1',
    },
    cwd,
  })
}

describe('Claude Code on Azure OpenAI', () => {
  it('finishes a task with its Bash tool', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    const gateway = await startGateway()
    const folder = await temporaryFolder()
    try {
      const work = join(folder.path, 'work')
      await mkdir(work)
      await writeFile(join(work, 'note.txt'), 'a note from the folder')
      gateway.simulator.enqueue(
        {
          text: 'I read it first.',
          toolCalls: [
            {
              name: 'Bash',
              input: { command: 'cat note.txt > copy.txt && cat copy.txt', description: 'Copy the note' },
            },
          ],
        },
        { text: 'The note says: a note from the folder.' },
      )
      const ran = await session(gateway, 'Copy note.txt to copy.txt and tell me what it says', work, [
        '--allowedTools',
        'Bash',
      ])

      expect(ran.stderr).toBe('')
      expect(ran.code).toBe(0)
      const result = JSON.parse(ran.stdout)
      expect(result).toMatchObject({
        is_error: false,
        result: 'The note says: a note from the folder.',
        num_turns: 2,
      })
      expect(await readFile(join(work, 'copy.txt'), 'utf8')).toBe('a note from the folder')

      const [first, second] = gateway.simulator.requests
      expect(first?.path).toContain('/openai/v1/chat/completions')
      const tools = (first?.body['tools'] as { function: { name: string } }[]).map(
        (tool) => tool.function.name,
      )
      expect(tools).toContain('Bash')
      expect(JSON.stringify(first?.body)).not.toContain('x-anthropic-billing-header')
      const result2 = (second?.body['messages'] as { role: string; content: string }[]).find(
        ({ role }) => role === 'tool',
      )
      expect(result2?.content).toContain('a note from the folder')
    } finally {
      await folder.remove()
    }
  })
})
