import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { startGateway } from '../support/gateway.ts'
import { pngBase64 } from '../support/png.ts'
import { ask, BACKENDS, configFor, installCodex } from './codex-session.ts'
import type { Installed } from './install.ts'
import { testFolder } from './run-client.ts'

const PICTURE = pngBase64({ width: 64, height: 64 })

let codex: Installed
beforeAll(async () => {
  codex = await installCodex()
})

describe.each(BACKENDS)('Codex on %s', (_, target, path) => {
  it('shows the model an image with its own tool', async (test) => {
    if ('missing' in codex) return test.skip(codex.missing)
    const gateway = await startGateway({ config: configFor(target) })
    const cwd = await testFolder()
    const file = join(cwd, 'red.png')
    await writeFile(file, Buffer.from(PICTURE, 'base64'))
    gateway.simulator.enqueue(
      { toolCalls: [{ name: 'view_image', input: { path: file } }] },
      { text: 'It is a square.' },
    )
    const ran = await ask(codex, gateway, { prompt: 'What is in red.png?', cwd })
    expect(ran.stderr + ran.stdout).toContain('It is a square.')
    expect(ran.code).toBe(0)
    expect(gateway.simulator.requests.map((request) => request.path)).toEqual([path, path])
    const sent = JSON.stringify(gateway.simulator.last.body)
    expect(sent).toContain('image/png')
    expect(sent).toContain(PICTURE)
  })
})

describe('Codex', () => {
  it('keeps a picture that the model made, and shows it to the model again', async (test) => {
    if ('missing' in codex) return test.skip(codex.missing)
    const gateway = await startGateway({ config: configFor('gemini/gemini-3-pro') })
    const cwd = await testFolder()
    const home = join(cwd, 'home')
    await mkdir(home)
    const session = { cwd, env: { CODEX_HOME: home } }
    const inlineData = { mimeType: 'image/png', data: PICTURE }
    const painted = {
      candidates: [
        { content: { role: 'model', parts: [{ text: 'Here.' }, { inlineData }] }, finishReason: 'STOP' },
      ],
      usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 10, totalTokenCount: 20 },
      responseId: 'painted-1',
    }
    gateway.simulator.enqueue(
      {
        raw: {
          headers: { 'content-type': 'text/event-stream' },
          body: `data: ${JSON.stringify(painted)}\n\n`,
        },
      },
      { text: 'It is red.' },
    )
    const first = await ask(codex, gateway, { ...session, prompt: 'Paint a square' })
    expect(first.stdout).toContain('Here.')
    const second = await ask(codex, gateway, {
      ...session,
      prompt: 'What colour is it?',
      args: ['resume', '--last'],
    })
    expect(second.stdout).toContain('It is red.')
    expect(JSON.stringify(gateway.simulator.last.body['contents'])).toContain(
      `{"role":"model","parts":[{"text":"Here."},{"inlineData":${JSON.stringify(inlineData)}}]}`,
    )
  })
})
