import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { startGateway } from '../support/gateway.ts'
import { ask, BACKENDS, configFor, installCodex } from './codex-session.ts'
import type { Installed } from './install.ts'
import { testFolder } from './run-client.ts'

let codex: Installed
beforeAll(async () => {
  codex = await installCodex()
})

describe.each(BACKENDS)('Codex on %s', (_, target) => {
  it('runs a shell command and tells its output', async (test) => {
    if ('missing' in codex) return test.skip(codex.missing)
    const gateway = await startGateway({ config: configFor(target) })
    const cwd = await testFolder()
    await writeFile(join(cwd, 'note.txt'), 'a note from the folder')
    gateway.simulator.enqueue(
      {
        text: 'I look.',
        toolCalls: [{ name: 'exec_command', input: { cmd: 'cat note.txt > copy.txt && cat copy.txt' } }],
      },
      { text: 'The note is copied.' },
    )
    const ran = await ask(codex, gateway, { prompt: 'Copy the note', cwd })
    expect(ran.stderr + ran.stdout).toContain('The note is copied.')
    expect(ran.code).toBe(0)
    expect(await readFile(join(cwd, 'copy.txt'), 'utf8')).toBe('a note from the folder')
    expect(JSON.stringify(gateway.simulator.last.body)).toContain('a note from the folder')
  })

  it('applies a patch with its free-form tool', async (test) => {
    if ('missing' in codex) return test.skip(codex.missing)
    const gateway = await startGateway({ config: configFor(target) })
    const cwd = await testFolder()
    const patch = '*** Begin Patch\n*** Add File: made.txt\n+zebra "42"\n*** End Patch'
    gateway.simulator.respond((request) => {
      const body = JSON.stringify(request.body)
      if (body.includes('zebra')) return { text: 'The file is made.' }
      const native = body.includes('"type":"custom"')
      return { toolCalls: [{ name: 'apply_patch', input: native ? patch : { input: patch } }] }
    })
    const ran = await ask(codex, gateway, { prompt: 'Make a file', cwd })
    expect(ran.stderr + ran.stdout).toContain('The file is made.')
    expect(await readFile(join(cwd, 'made.txt'), 'utf8')).toBe('zebra "42"\n')
  })
})
