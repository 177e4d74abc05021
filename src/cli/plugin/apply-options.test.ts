import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { Io } from '../io.ts'
import { applyOptions, fingerprint, sayWhere } from './apply-options.ts'
import type { PluginOptions } from './options.ts'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'dragoman-options-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const file = () => join(folder, 'dragoman.yaml')
const KEY = '2f6b9d01c4e84a7b95d3'
const AZURE: PluginOptions = {
  endpoint: 'https://acme.openai.azure.com',
  apiKey: KEY,
  big: 'gpt-big',
  middle: 'gpt-mid',
  small: 'gpt-small',
}

/** Applies options without asking the upstream, and gives what was said and written. */
async function applied(options: PluginOptions) {
  let said = ''
  const write = (text: string) => void (said += text)
  const io: Io = {
    write,
    writeError: write,
    env: { XDG_STATE_HOME: folder },
    cwd: folder,
    homedir: folder,
    platform: 'linux',
    color: false,
    errorColor: false,
    outputIsTerminal: false,
    errorIsTerminal: false,
    inputIsTerminal: false,
    readInput: async () => '',
  }
  await applyOptions(file(), options, io, new Set(['skip-check']))
  const text = readFileSync(file(), 'utf8')
  return { said, text, config: parse(text), env: readFileSync(join(folder, '.env'), 'utf8') }
}

describe('the plugin’s options as a config', () => {
  it('name the deployments of an Azure resource, and keep both keys out of the file', async () => {
    const { config, text, env, said } = await applied({ ...AZURE, port: '9191' })
    expect(config).toMatchObject({
      server: { port: 9191 },
      auth: { keys: ['${DRAGOMAN_KEY}'] },
      providers: { azure: { type: 'azure-openai', endpoint: 'https://acme.openai.azure.com' } },
      models: {
        '*opus*': 'azure/gpt-big',
        '*sonnet*': 'azure/gpt-mid',
        '*haiku*': 'azure/gpt-small',
        '*': 'azure/gpt-big',
      },
    })
    expect(`${text}${said}`).not.toContain(KEY)
    expect(said).not.toContain('dragoman connect')
    expect(config.providers.azure.apiKey).toBe('${DRAGOMAN_UPSTREAM_KEY}')
    expect(env).toContain(`DRAGOMAN_UPSTREAM_KEY=${KEY}`)
    expect(env).toMatch(/^DRAGOMAN_KEY=[\w-]{32}$/m)
    expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o600)
  })

  it('keep the gateway’s own key, and what else stands in the file', async () => {
    const { env } = await applied(AZURE)
    writeFileSync(file(), `${readFileSync(file(), 'utf8')}lossy: reject # mine\n`)
    const again = await applied({ ...AZURE, big: 'gpt-bigger' })
    expect(again.env).toBe(env)
    expect(again.text).toContain('lossy: reject # mine')
    expect(again.config.models['*opus*']).toBe('azure/gpt-bigger')
  })

  it('without a key sign in to Azure with Entra', async () => {
    const { apiKey: _, ...keyless } = AZURE
    const { config } = await applied(keyless)
    expect(config.providers.azure.auth).toBe('entra')
  })

  it('without a key ask a server of one’s own for none', async () => {
    const { config } = await applied({
      endpoint: 'http://localhost:11434/v1',
      big: 'a',
      middle: 'b',
      small: 'c',
    })
    expect(Object.values(config.providers)).toMatchObject([{ type: 'openai-compatible' }])
    expect(Object.values(config.providers)).not.toMatchObject([{ auth: 'entra' }])
  })

  it.each(['0', '70000', 'eighty'])('refuse the port %s', async (port) => {
    await expect(applied({ ...AZURE, port })).rejects.toThrow(/choose one from 1 to 65535/)
  })

  it('say nothing while neither endpoint nor provider is set', () => {
    expect(sayWhere({ port: '8082', provider: 'auto' })).toBe(false)
    expect(sayWhere({ provider: 'openai' })).toBe(true)
    expect(fingerprint(AZURE)).not.toContain(KEY)
    expect(fingerprint({ ...AZURE, apiKey: 'another' })).not.toBe(fingerprint(AZURE))
  })
})
