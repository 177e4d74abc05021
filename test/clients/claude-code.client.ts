import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Answer } from '../../src/simulator/script.ts'
import { startGateway } from '../support/gateway.ts'
import { pngBase64 } from '../support/png.ts'
import { ask, BACKENDS, configFor, installClaudeCode, NEWEST, ON_NODE_20 } from './claude-code-session.ts'
import { resultOf, type Session } from './claude-code-session.ts'
import type { Installed } from './install.ts'
import { testFolder } from './run-client.ts'

const { azureChat, azureResponses, gemini, foundryClaude } = BACKENDS

const installed = new Map<string, Installed>()
beforeAll(async () => {
  for (const version of [NEWEST, ON_NODE_20]) installed.set(version, await installClaudeCode(version))
})
const versioned = (version: string): Installed => installed.get(version) ?? { missing: version }

const runs = [
  [NEWEST, ...azureChat],
  [NEWEST, ...azureResponses],
  [NEWEST, ...gemini],
  [NEWEST, ...foundryClaude],
  [ON_NODE_20, ...azureChat],
  [ON_NODE_20, ...azureResponses],
  [ON_NODE_20, ...foundryClaude],
] as const

describe.each(runs)('Claude Code %s on %s', (version, _, target, path) => {
  const start = async (session: Session, ...answers: Answer[]) => {
    const gateway = await startGateway({ config: configFor(target) })
    gateway.simulator.enqueue(...answers)
    return { gateway, ran: await ask(versioned(version), gateway, session) }
  }

  it('says what the model says', async (test) => {
    const claude = versioned(version)
    if ('missing' in claude) return test.skip(claude.missing)
    const { gateway, ran } = await start({ prompt: 'Hello' }, { text: 'Good day – ¡y buenas tardes! 🐉' })
    expect(ran.stderr).toBe('')
    expect(ran.code).toBe(0)
    expect(resultOf(ran)).toMatchObject({ is_error: false, result: 'Good day – ¡y buenas tardes! 🐉' })
    expect(gateway.simulator.requests.map((request) => request.path)).toEqual([path])
  })

  it('finishes a task with its Bash tool', async (test) => {
    const claude = versioned(version)
    if ('missing' in claude) return test.skip(claude.missing)
    const cwd = await testFolder()
    await writeFile(join(cwd, 'note.txt'), 'a note from the folder')
    const command = 'cat note.txt > copy.txt && cat copy.txt'
    const { gateway, ran } = await start(
      { prompt: 'Copy note.txt and tell me what it says', cwd, args: ['--allowedTools', 'Bash'] },
      {
        text: 'I read it first.',
        toolCalls: [{ name: 'Bash', input: { command, description: 'Copy the note' } }],
      },
      { text: 'The note says: a note from the folder.' },
    )

    expect(ran.stderr).toBe('')
    expect(ran.code).toBe(0)
    expect(resultOf(ran)).toMatchObject({
      is_error: false,
      result: 'The note says: a note from the folder.',
      num_turns: 2,
    })
    expect(await readFile(join(cwd, 'copy.txt'), 'utf8')).toBe('a note from the folder')

    const [first, second] = gateway.simulator.requests.map(({ body }) => JSON.stringify(body))
    expect(first).toContain('"name":"Bash"')
    expect(first?.includes('x-anthropic-billing-header')).toBe(target.startsWith('foundry'))
    expect(second).toContain('a note from the folder')
  })

  it('runs parallel tools and reads an image', async (test) => {
    const claude = versioned(version)
    if ('missing' in claude) return test.skip(claude.missing)
    const cwd = await testFolder()
    const [picture, text] = [join(cwd, 'red.png'), join(cwd, 'a.txt')]
    await writeFile(picture, Buffer.from(pngBase64({ width: 8, height: 8 }), 'base64'))
    await writeFile(text, 'alpha')
    const { gateway, ran } = await start(
      { prompt: 'Read both files', cwd, args: ['--allowedTools', 'Read'] },
      { toolCalls: [picture, text].map((file_path) => ({ name: 'Read', input: { file_path } })) },
      { text: 'A red square, and alpha.' },
    )
    expect(resultOf(ran)).toMatchObject({ is_error: false, result: 'A red square, and alpha.' })
    const sent = JSON.stringify(gateway.simulator.last.body)
    expect(sent).toContain('alpha')
    expect(sent).toContain('image/png')
  })

  it('survives an upstream that dies in mid-stream', async (test) => {
    const claude = versioned(version)
    if ('missing' in claude) return test.skip(claude.missing)
    const { ran } = await start(
      { prompt: 'Hello' },
      {
        text: 'This answer will never be complete: its upstream dies before all of it is said.',
        faults: { cutAfterEvents: 6 },
      },
      { text: 'Here I am again.' },
    )
    expect(resultOf(ran)).toMatchObject({ is_error: false, result: 'Here I am again.' })
  })

  it('compacts when the backend’s context is full', async (test) => {
    const claude = versioned(version)
    if ('missing' in claude) return test.skip(claude.missing)
    const gateway = await startGateway({ config: configFor(target) })
    const overflow = {
      error: {
        status: 400,
        code: 'context_length_exceeded',
        message:
          "This model's maximum context length is 128000 tokens. However, your messages resulted in 130121 tokens.",
      },
    }
    // Long enough that there is something to keep and something to sum up.
    const rounds = ['one', 'two', 'three', 'four']
    let overflowed = 0
    gateway.simulator.respond((request) => {
      const text = JSON.stringify(request.body)
      if (
        text.includes('CRITICAL: Respond with TEXT ONLY') ||
        text.includes('detailed summary of the conversation')
      ) {
        return { text: '<summary>They said hello.</summary>' }
      }
      const next = rounds.find((word) => !text.includes(`echo ${word}`))
      if (next !== undefined && overflowed === 0)
        return {
          toolCalls: [{ name: 'Bash', input: { command: `echo ${next}`, description: `Say ${next}` } }],
        }
      if (overflowed++ === 0) return overflow
      return { text: 'Compacted and done.' }
    })
    const ran = await ask(claude, gateway, { prompt: 'Say hello', args: ['--allowedTools', 'Bash'] })
    expect(resultOf(ran)).toMatchObject({ is_error: false, result: 'Compacted and done.' })
    expect(overflowed).toBeGreaterThan(1)
  })
})

/** Where the secret of a thought goes back to who sealed it. */
const thinkers = [
  [NEWEST, ...azureResponses, 'reasoning', 'encrypted_content'],
  [NEWEST, ...foundryClaude, 'thinking', 'signature'],
  [ON_NODE_20, ...azureResponses, 'reasoning', 'encrypted_content'],
  [ON_NODE_20, ...foundryClaude, 'thinking', 'signature'],
] as const

describe.each(thinkers)('Thinking of Claude Code %s on %s', (version, _, target, __, type, seal) => {
  it('keeps its seal through a tool loop', async (test) => {
    const claude = versioned(version)
    if ('missing' in claude) return test.skip(claude.missing)
    const gateway = await startGateway({ config: configFor(target) })
    gateway.simulator.enqueue(
      {
        thinking: 'I should look.',
        toolCalls: [{ name: 'Bash', input: { command: 'echo hi', description: 'Say hi' } }],
      },
      { text: 'It said hi.' },
    )
    const ran = await ask(claude, gateway, { prompt: 'Say hi', args: ['--allowedTools', 'Bash'] })
    expect(resultOf(ran)).toMatchObject({ is_error: false, result: 'It said hi.' })
    const sent = JSON.stringify(gateway.simulator.last.body)
    expect(sent).toContain(`"type":"${type}"`)
    expect(sent).toMatch(new RegExp(`"${seal}":"[^"]`))
  })
})

describe('Claude Code', () => {
  it('goes on at the second target when the first is down', async (test) => {
    const claude = versioned(NEWEST)
    if ('missing' in claude) return test.skip(claude.missing)
    const config = `retries: 0\n${configFor('[azure/gpt-5.2, foundry/claude-sonnet-4-6]')}`
    const gateway = await startGateway({ config })
    gateway.simulator.respond((request) =>
      request.path.includes('/openai/')
        ? { error: { status: 500, message: 'down' } }
        : { text: 'Claude here.' },
    )
    const ran = await ask(claude, gateway, { prompt: 'Hello' })
    expect(resultOf(ran)).toMatchObject({ is_error: false, result: 'Claude here.' })
  })
})
