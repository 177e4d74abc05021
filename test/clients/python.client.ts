import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { EVERY_PROVIDER, startGateway } from '../support/gateway.ts'

const run = promisify(execFile)
const CACHE = process.env['DRAGOMAN_E2E_CACHE'] ?? join(homedir(), '.cache', 'dragoman-e2e-clients')
const VENV = join(CACHE, 'python-sdks')
const PYTHON = join(VENV, 'bin', 'python')

let missing: string | undefined
beforeAll(async () => {
  if (existsSync(join(VENV, 'ready'))) return
  try {
    await run('python3', ['-m', 'venv', VENV])
    await run(PYTHON, ['-m', 'pip', 'install', '--quiet', 'openai', 'anthropic'], { timeout: 300_000 })
    await run('touch', [join(VENV, 'ready')])
  } catch (error) {
    missing = `the Python SDKs cannot be installed here: ${String(error).split('\n')[0]}`
  }
})

describe('the Python SDKs', () => {
  it('stream, call tools and read errors', async (test) => {
    if (missing !== undefined) return test.skip(missing)
    const { url } = await startGateway({ config: EVERY_PROVIDER.replace('"*": azure/gpt-5.2', '') })
    const { stdout } = await run(PYTHON, [join(import.meta.dirname, 'python_sdks.py')], {
      env: { PATH: process.env['PATH'], BASE: url },
    })
    const results = JSON.parse(stdout)
    expect(results).toMatchObject({
      messages: {
        stop: 'tool_use',
        input: { city: expect.any(String) },
        text: expect.stringContaining('21 °C'),
      },
      chat: { finish: 'stop', text: expect.stringContaining('Hello') },
      responses: { status: 'completed', text: expect.stringContaining('Hello') },
      not_found: 'not_found_error',
    })
    expect(results.models[0]).toBe(results.models[1])
  })
})
