import { once } from 'node:events'
import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { sandbox } from '../../../test/support/cli.ts'
import { parseConfig } from '../../config/load.ts'
import { smallestWindow } from './names-in-use.ts'

const KEY = 'client-key-0123456789'
const CONFIG = `server: { port: 0 }
auth: { keys: ["${KEY}"] }
providers:
  azure: { type: azure-openai, endpoint: acme, apiKey: azure-key-1 }
models: { "big": azure/gpt-5.2, "*": azure/gpt-4.1 }
`
/** Says how it was started, and ends with 7. */
const TELL = `
const { readFileSync } = require('node:fs')
const at = process.argv.indexOf('--settings')
const settings = at < 0 ? null : JSON.parse(readFileSync(process.argv[at + 1], 'utf8'))
console.log(JSON.stringify({ args: process.argv.slice(2), env: process.env, settings }))
process.exitCode = 7`

describe('dragoman claude', () => {
  it('starts the gateway when it is down, hands everything on, and ends as the client does', async () => {
    const box = await sandbox({ 'dragoman.yaml': CONFIG })
    await box.program('claude', TELL)
    const env = { CLAUDE_CODE_USE_FOUNDRY: '1', ANTHROPIC_API_KEY: 'mine', OTHER: 'kept' }
    const { code, out, err } = await box.run(['claude', '-p', 'say hi', '--model', 'opus'], { env })
    expect(code).toBe(7)
    expect(err).toContain('Starting the gateway')
    const told = JSON.parse(out)
    const { url } = JSON.parse((await box.run(['status', '--json'])).out)
    expect(told.args.slice(2)).toEqual(['-p', 'say hi', '--model', 'opus'])
    expect(told.args.join(' ')).not.toContain(KEY)
    const wanted = {
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_AUTH_TOKEN: KEY,
      CLAUDE_CODE_AUTO_COMPACT_WINDOW: '1047576',
      CLAUDE_CODE_ATTRIBUTION_HEADER: '0',
      CLAUDE_CODE_GATEWAY_HINT_HEADERS: '1',
    }
    expect(told.env).toMatchObject({ ...wanted, OTHER: 'kept' })
    expect(told.env).not.toHaveProperty('CLAUDE_CODE_USE_FOUNDRY')
    expect(told.env).not.toHaveProperty('ANTHROPIC_API_KEY')
    // The user's settings beat the environment, and would lead elsewhere.
    expect(told.settings.env).toMatchObject({ ...wanted, CLAUDE_CODE_USE_FOUNDRY: '' })

    const again = await box.run(['claude'])
    expect(again.err).toBe('')
    expect(JSON.parse(again.out).env.ANTHROPIC_BASE_URL).toBe(url)
  })

  it('joins its settings with those that the user gives', async () => {
    const box = await sandbox({ 'dragoman.yaml': CONFIG, 'mine.json': '{"env":{"A":"1"},"theme":"dark"}' })
    await box.program('claude', TELL)
    for (const own of [['--settings', 'mine.json'], [`--settings={"env":{"A":"1"},"theme":"dark"}`]]) {
      const { settings, args } = JSON.parse((await box.run(['claude', ...own, 'x'])).out)
      expect(settings).toMatchObject({ theme: 'dark', env: { A: '1', ANTHROPIC_AUTH_TOKEN: KEY } })
      expect(args).toHaveLength(3)
    }
  })

  it('says how to install it, and shows its own help or that of the client', async () => {
    const box = await sandbox({ 'dragoman.yaml': CONFIG })
    const env = { PATH: '/nowhere' }
    expect(await box.run(['claude'], { env })).toMatchObject({
      code: 1,
      err: expect.stringContaining('npm install -g @anthropic-ai/claude-code'),
    })
    expect((await box.run(['claude', '--help'])).out).toContain('Usage: dragoman claude')
    await box.program('claude', TELL)
    expect(JSON.parse((await box.run(['claude', '--', '--help'])).out).args.at(-1)).toBe('--help')
  })

  it('uses no port of another program', async () => {
    const server = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const box = await sandbox({ 'dragoman.yaml': CONFIG.replace('port: 0', `port: ${port}`) })
    await box.program('claude', TELL)
    const { code, err } = await box.run(['claude'])
    server.close()
    expect(code).toBe(1)
    expect(err).toMatch(new RegExp(`Port ${port} is taken by`))
  })
})

describe('dragoman codex', () => {
  it('gives a provider, a catalogue and a model, and keeps the key off the command line', async () => {
    const box = await sandbox({ 'dragoman.yaml': CONFIG })
    await box.program('codex', TELL)
    const { code, out } = await box.run(['codex', 'exec', 'hi'])
    const { args, env } = JSON.parse(out)
    expect(code).toBe(7)
    expect(args.slice(-2)).toEqual(['exec', 'hi'])
    const line = args.join('\n')
    expect(line).toContain('model_provider="dragoman"')
    expect(line).toMatch(/base_url = "http:\/\/127\.0\.0\.1:\d+\/v1", wire_api = "responses"/)
    expect(line).toContain('supports_websockets = false')
    expect(line).toContain('model="big"')
    expect(line).not.toContain(KEY)
    expect(env[/env_key = "(\w+)"/.exec(line)?.[1] ?? '']).toBe(KEY)
    const catalogue = JSON.parse(await box.read('state/codex-models.json'))
    expect(catalogue.models[0]).toMatchObject({ slug: 'big', context_window: 400_000 })
  })

  it('leaves the choice of the model to whoever made one', async () => {
    const box = await sandbox({ 'dragoman.yaml': CONFIG, '.codex/config.toml': 'model = "o3"\n' })
    await box.program('codex', TELL)
    for (const args of [[], ['-m', 'x'], ['-c', 'model="x"']])
      expect((await box.run(['codex', ...args])).out).not.toContain('model=\\"big\\"')
  })
})

describe('the smallest window', () => {
  const config = parseConfig(`providers:
  azure:
    type: azure-openai
    endpoint: acme
    apiKey: azure-key-1
    models: { mine: { contextWindow: 150000 }, named: { family: gpt-5.2 } }
models:
  "*opus*": [azure/gpt-4.1, azure/named]
  "*sonnet*": azure/mine
  other: azure/unknown
`)

  it('is that of any target behind the names in use', () => {
    expect(smallestWindow(config, ['claude-opus-5-5'])).toMatchObject({
      tokens: 400_000,
      target: 'azure/named',
    })
    expect(smallestWindow(config, ['claude-opus-5-5', 'claude-sonnet-5-5'])?.tokens).toBe(150_000)
    expect(smallestWindow(config, ['azure/mine'])?.tokens).toBe(150_000)
  })

  it('is assumed where nobody told, and absent where a name goes nowhere', () => {
    expect(smallestWindow(config, ['other'])).toEqual({
      tokens: 128_000,
      target: 'azure/unknown',
      assumed: true,
    })
    expect(smallestWindow(config, ['claude-haiku-5-5'])).toBe(undefined)
  })
})
