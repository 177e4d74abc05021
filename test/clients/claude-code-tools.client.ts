import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { startGateway } from '../support/gateway.ts'
import { pdfBase64 } from '../support/pdf.ts'
import { ask, BACKENDS, configFor, installClaudeCode, NEWEST, resultOf } from './claude-code-session.ts'
import type { Installed } from './install.ts'
import { testFolder } from './run-client.ts'

let claude: Installed
beforeAll(async () => {
  claude = await installClaudeCode(NEWEST)
})

describe.each(Object.values(BACKENDS))('Claude Code on %s', (_, target) => {
  it('reads a PDF', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    // Azure's Chat API takes no files: there the model is reached over Responses.
    const gateway = await startGateway({ config: configFor(target) })
    const cwd = await testFolder()
    const file = join(cwd, 'page.pdf')
    await writeFile(file, Buffer.from(pdfBase64('A page of text'), 'base64'))
    gateway.simulator.enqueue(
      { toolCalls: [{ name: 'Read', input: { file_path: file } }] },
      { text: 'One page.' },
    )
    const ran = await ask(claude, gateway, { prompt: 'Read the PDF', cwd, args: ['--allowedTools', 'Read'] })
    expect(resultOf(ran)).toMatchObject({ is_error: false, result: 'One page.' })
    expect(JSON.stringify(gateway.simulator.last.body)).toContain('application/pdf')
  })

  it('sends a subagent', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    const gateway = await startGateway({ config: configFor(target) })
    const input = {
      description: 'Find it',
      prompt: 'Find the needle',
      subagent_type: 'general-purpose',
      run_in_background: false,
    }
    gateway.simulator.respond((request) => {
      const body = JSON.stringify(request.body)
      if (body.includes('the agent found it')) return { text: 'My agent found it.' }
      if (body.includes('Find the needle') && !body.includes('Ask an agent'))
        return { text: 'the agent found it' }
      return { toolCalls: [{ name: 'Agent', input }] }
    })
    const ran = await ask(claude, gateway, { prompt: 'Ask an agent', args: ['--allowedTools', 'Agent'] })
    expect(resultOf(ran)).toMatchObject({ is_error: false, result: 'My agent found it.' })
  })
})
