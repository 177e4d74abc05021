import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { EVERY_PROVIDER, startGateway, type TestGateway } from '../support/gateway.ts'
import { pdfBase64 } from '../support/pdf.ts'
import { pngBase64 } from '../support/png.ts'
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

/** Backends behind the same names that Claude Code asks for. */
const backends = [
  ['Azure Chat', 'azure/gpt-4.1', '/openai/v1/chat/completions'],
  ['Azure Responses', 'azure/gpt-5.4', '/openai/v1/responses'],
  ['Gemini', 'gemini/gemini-3-pro', '/v1beta/models/gemini-3-pro:streamGenerateContent'],
  ['Claude on Foundry', 'foundry/claude-opus-5-5', '/anthropic/v1/messages'],
] as const

const configFor = (target: string, rest = '') =>
  EVERY_PROVIDER.replace('"claude-*": azure/gpt-5.2', `"claude-*": ${target}`) + rest

describe.each(backends)('Claude Code on %s', (_, target, path) => {
  it('finishes a task with its Bash tool', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    const gateway = await startGateway({ config: configFor(target) })
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
      expect(first?.path).toBe(path)
      expect(JSON.stringify(first?.body)).toContain('"name":"Bash"')
      expect(JSON.stringify(first?.body).includes('x-anthropic-billing-header')).toBe(
        target.startsWith('foundry'),
      )
      expect(JSON.stringify(second?.body)).toContain('a note from the folder')
    } finally {
      await folder.remove()
    }
  })

  it('runs parallel tools and reads an image', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    const gateway = await startGateway({ config: configFor(target) })
    const folder = await temporaryFolder()
    try {
      await writeFile(join(folder.path, 'red.png'), Buffer.from(pngBase64({ width: 8, height: 8 }), 'base64'))
      await writeFile(join(folder.path, 'a.txt'), 'alpha')
      gateway.simulator.enqueue(
        {
          toolCalls: [
            { name: 'Read', input: { file_path: join(folder.path, 'red.png') } },
            { name: 'Read', input: { file_path: join(folder.path, 'a.txt') } },
          ],
        },
        { text: 'A red square, and alpha.' },
      )
      const ran = await session(gateway, 'Read both files', folder.path, ['--allowedTools', 'Read'])
      expect(JSON.parse(ran.stdout)).toMatchObject({ is_error: false, result: 'A red square, and alpha.' })
      const sent = JSON.stringify(gateway.simulator.last.body)
      expect(sent).toContain('alpha')
      expect(sent).toContain('image/png')
    } finally {
      await folder.remove()
    }
  })

  it('reads a PDF', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    // Azure's Chat API takes no files: there the model is reached over Responses.
    const gateway = await startGateway({ config: configFor(target) })
    const folder = await temporaryFolder()
    try {
      const file = join(folder.path, 'page.pdf')
      await writeFile(file, Buffer.from(pdfBase64('A page of text'), 'base64'))
      gateway.simulator.enqueue(
        { toolCalls: [{ name: 'Read', input: { file_path: file } }] },
        { text: 'One page.' },
      )
      const ran = await session(gateway, 'Read the PDF', folder.path, ['--allowedTools', 'Read'])
      expect(JSON.parse(ran.stdout)).toMatchObject({ is_error: false, result: 'One page.' })
      expect(JSON.stringify(gateway.simulator.last.body)).toContain('application/pdf')
    } finally {
      await folder.remove()
    }
  })

  it('sends a subagent', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    const gateway = await startGateway({ config: configFor(target) })
    const folder = await temporaryFolder()
    try {
      gateway.simulator.respond((request) => {
        const body = JSON.stringify(request.body)
        if (body.includes('the agent found it')) return { text: 'My agent found it.' }
        if (body.includes('Find the needle') && !body.includes('Ask an agent'))
          return { text: 'the agent found it' }
        return {
          toolCalls: [
            {
              name: 'Agent',
              input: {
                description: 'Find it',
                prompt: 'Find the needle',
                subagent_type: 'general-purpose',
                run_in_background: false,
              },
            },
          ],
        }
      })
      const ran = await session(gateway, 'Ask an agent', folder.path, ['--allowedTools', 'Agent'])
      expect(JSON.parse(ran.stdout)).toMatchObject({ is_error: false, result: 'My agent found it.' })
    } finally {
      await folder.remove()
    }
  })

  it('survives an upstream that dies in mid-stream', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    const gateway = await startGateway({ config: configFor(target) })
    const folder = await temporaryFolder()
    try {
      gateway.simulator.enqueue(
        {
          text: 'This answer will never be complete, because its upstream dies.',
          faults: { cutAfterEvents: 4 },
        },
        { text: 'Here I am again.' },
      )
      const ran = await session(gateway, 'Hello', folder.path)
      expect(JSON.parse(ran.stdout)).toMatchObject({ is_error: false, result: 'Here I am again.' })
    } finally {
      await folder.remove()
    }
  })

  it('compacts when the backend’s context is full', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    const gateway = await startGateway({ config: configFor(target) })
    const folder = await temporaryFolder()
    try {
      const overflow = {
        error: {
          status: 400,
          code: 'context_length_exceeded',
          message:
            "This model's maximum context length is 128000 tokens. However, your messages resulted in 130121 tokens.",
        },
      }
      const bash = { name: 'Bash', input: { command: 'echo one', description: 'Say one' } }
      let overflowed = 0
      gateway.simulator.respond((request) => {
        const text = JSON.stringify(request.body)
        if (
          text.includes('CRITICAL: Respond with TEXT ONLY') ||
          text.includes('detailed summary of the conversation')
        ) {
          return { text: '<summary>They said hello.</summary>' }
        }
        if (!text.includes('echo one') && overflowed === 0) return { toolCalls: [bash] }
        if (overflowed++ === 0) return overflow
        return { text: 'Compacted and done.' }
      })
      const ran = await session(gateway, 'Say hello', folder.path, ['--allowedTools', 'Bash'])
      expect(JSON.parse(ran.stdout)).toMatchObject({ is_error: false, result: 'Compacted and done.' })
      expect(overflowed).toBeGreaterThan(1)
    } finally {
      await folder.remove()
    }
  })
})

describe('Claude Code', () => {
  it('goes on at the second target when the first is down', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    const config = configFor('[azure/gpt-5.2, foundry/claude-sonnet-4-6]')
    const gateway = await startGateway({ config: `retries: 0\n${config}` })
    const folder = await temporaryFolder()
    try {
      gateway.simulator.respond((request) =>
        request.path.includes('/openai/')
          ? { error: { status: 500, message: 'down' } }
          : { text: 'Claude here.' },
      )
      const ran = await session(gateway, 'Hello', folder.path)
      expect(JSON.parse(ran.stdout)).toMatchObject({ is_error: false, result: 'Claude here.' })
    } finally {
      await folder.remove()
    }
  })

  it('keeps thinking and its signature through a tool loop', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    const config = configFor('foundry/claude-opus-5-5')
    const gateway = await startGateway({ config })
    const folder = await temporaryFolder()
    try {
      gateway.simulator.enqueue(
        {
          thinking: 'I should look.',
          toolCalls: [{ name: 'Bash', input: { command: 'echo hi', description: 'Say hi' } }],
        },
        { text: 'It said hi.' },
      )
      const ran = await session(gateway, 'Say hi', folder.path, ['--allowedTools', 'Bash'])
      expect(JSON.parse(ran.stdout)).toMatchObject({ is_error: false, result: 'It said hi.' })
      const sent = JSON.stringify(gateway.simulator.last.body)
      expect(sent).toContain('"type":"thinking"')
      expect(sent).toContain('"signature":"')
    } finally {
      await folder.remove()
    }
  })
})
