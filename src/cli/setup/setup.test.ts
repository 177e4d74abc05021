import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { parse } from 'yaml'
import { sandbox, type Sandbox } from '../../../test/support/cli.ts'
import { startSimulator, type Simulator } from '../../simulator/simulator.ts'
import { configText, shownText } from './config-file.ts'
import { setVariable } from './dotenv.ts'
import { identify } from './identify.ts'

const KEY = 'azure-key-0123456789'

describe('what an address is', () => {
  test.each([
    ['acme', 'azure-openai', { endpoint: 'acme' }, /Azure OpenAI resource acme/],
    ['https://acme.openai.azure.com/', 'azure-openai', {}, /resource acme/],
    [
      'https://acme.openai.azure.com/openai/deployments/big/chat/completions?api-version=2024-10-21',
      'azure-openai',
      {},
      /API version 2024-10-21, deployment big/,
    ],
    ['https://acme.cognitiveservices.azure.com', 'azure-openai', {}, /AI services/],
    [
      'https://acme.services.ai.azure.com/api/projects/p1',
      'azure-foundry',
      {},
      /Foundry resource acme .*project p1/,
    ],
    ['acme.services.ai.azure.com/anthropic', 'azure-foundry', {}, /Foundry/],
    ['https://gate.example.com/openai/v1', 'azure-openai', {}, /in front of Azure/],
    ['https://api.openai.com/v1', 'openai', {}, /vendor/],
    ['api.anthropic.com', 'anthropic', {}, /vendor/],
    ['https://generativelanguage.googleapis.com', 'gemini', {}, /vendor/],
    ['ollama', 'openai-compatible', { preset: 'ollama' }, /ollama at/],
    ['localhost:11434', 'openai-compatible', { baseUrl: 'http://localhost:11434/v1' }, /ollama/],
    [
      'https://openrouter.ai/api/v1/chat/completions',
      'openai-compatible',
      { baseUrl: 'https://openrouter.ai/api/v1' },
      /openrouter/,
    ],
    [
      'https://llm.example.com',
      'openai-compatible',
      { baseUrl: 'https://llm.example.com/v1' },
      /speaks like OpenAI/,
    ],
  ])('%s is %s', (text, type, where, sentence) => {
    const found = identify(text)
    expect(found.type).toBe(type)
    expect(found.where).toMatchObject(where)
    expect(found.sentence).toMatch(sentence)
  })

  it('is what somebody says, where the address itself does not tell', () => {
    expect(identify('acme', 'azure-foundry').type).toBe('azure-foundry')
    expect(identify('http://127.0.0.1:1', 'azure-openai').where).toEqual({ endpoint: 'http://127.0.0.1:1' })
    expect(identify('http://127.0.0.1:1', 'anthropic').where).toEqual({ baseUrl: 'http://127.0.0.1:1' })
    expect(() => identify('no address at all')).toThrow('neither a resource name nor an address')
  })
})

describe('the config file', () => {
  const answers = {
    provider: { name: 'azure', settings: { type: 'azure-openai', endpoint: 'acme', apiKey: '${KEY}' } },
    models: { big: 'big', middle: 'mid', small: 'small' },
  }

  it('is new where there is none or none that can be read', () => {
    for (const existing of [undefined, '', 'a: [', '- list'])
      expect(parse(configText(existing, answers))).toEqual({
        providers: { azure: { type: 'azure-openai', endpoint: 'acme', apiKey: '${KEY}' } },
        models: {
          '*opus*': 'azure/big',
          '*sonnet*': 'azure/mid',
          '*haiku*': 'azure/small',
          '*': 'azure/big',
        },
      })
  })

  it('keeps everything else of an existing one, and puts its names before patterns that would catch them', () => {
    const existing = `# mine
server: { port: 1 } # here
providers:
  other: { type: openai }
models:
  "*opus*": other/x
  "*": other/*   # all
`
    const text = configText(existing, answers)
    expect(text).toMatch(/^# mine\nserver: \{ port: 1 \} # here\n/)
    expect(Object.entries(parse(text).models)).toEqual([
      ['*sonnet*', 'azure/mid'],
      ['*haiku*', 'azure/small'],
      ['*opus*', 'azure/big'],
      ['*', 'other/*'],
    ])
    expect(Object.keys(parse(text).providers)).toEqual(['other', 'azure'])
  })
})

it('is shown without the secrets that it holds already', () => {
  const text = 'auth: { keys: [client-key-0123456789] }\nproviders: { a: { apiKey: "${KEY}" } }\n'
  expect(shownText(text)).toBe('auth: { keys: [clie…89] }\nproviders: { a: { apiKey: "${KEY}" } }\n')
})

describe('.env', () => {
  it('gets one variable, and keeps every other line', () => {
    const text = '# mine\nA=1\nexport KEY=old\nB=2\n'
    expect(setVariable(text, 'KEY', 'new')).toBe('# mine\nA=1\nKEY=new\nB=2\n')
    expect(setVariable('A=1', 'KEY', 'new')).toBe('A=1\nKEY=new\n')
  })

  it('gives back any key as it was', () => {
    const key = fc.string({ unit: fc.constantFrom(...'abc019+/=_-.#$"\'`\\!&'), minLength: 1 })
    fc.assert(
      fc.property(key, (value) => {
        let text: string
        try {
          text = setVariable('A=1\n', 'KEY', value)
        } catch {
          return
        }
        expect(parseEnv(text)).toEqual({ A: '1', KEY: value })
      }),
    )
  })
})

describe('dragoman setup', () => {
  let simulator: Simulator
  let box: Sandbox
  beforeEach(async () => {
    simulator = await startSimulator({ keys: [KEY], deployments: { here: 'gpt-5.2', small: 'gpt-5.2-mini' } })
    box = await sandbox()
  })
  afterEach(() => simulator.close())

  const FILE = '.config/dragoman/dragoman.yaml'
  const flags = (...more: string[]) => [
    'setup',
    '--yes',
    '--provider',
    'azure-openai',
    '--endpoint',
    simulator.url,
    '--big',
    'here',
    ...more,
  ]

  it('runs unattended: checks every deployment, keeps the key in .env, and never shows it', async () => {
    const { code, out, err } = await box.run(flags('--small', 'small', '--api-key-stdin'), {
      input: `${KEY}\n`,
    })
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^ {2}azure\/small +yes/m)
    expect(out).not.toContain(KEY)
    expect(parse(await box.read(FILE))).toEqual({
      providers: {
        azure: { type: 'azure-openai', endpoint: simulator.url, apiKey: '${AZURE_OPENAI_API_KEY}' },
      },
      models: {
        '*opus*': 'azure/here',
        '*sonnet*': 'azure/here',
        '*haiku*': 'azure/small',
        '*': 'azure/here',
      },
    })
    const dotenv = join(box.folder, '.config/dragoman/.env')
    expect(await box.read('.config/dragoman/.env')).toBe(`AZURE_OPENAI_API_KEY=${KEY}\n`)
    expect((await stat(dotenv)).mode & 0o777).toBe(0o600)
    expect((await box.run(['config', 'check'])).code).toBe(0)
  })

  it('leaves a key in the environment where it is', async () => {
    const { code } = await box.run(flags('--api-key-env', 'MY_KEY'), { env: { MY_KEY: KEY } })
    expect(code).toBe(0)
    expect(await box.read(FILE)).toContain('apiKey: ${MY_KEY}')
    expect(existsSync(join(box.folder, '.config/dragoman/.env'))).toBe(false)
  })

  it('writes nothing when the check fails, unless told to', async () => {
    const bad = { input: 'another-key-0123456789' }
    const { code, out, err } = await box.run(flags('--api-key-stdin'), bad)
    expect([code, existsSync(join(box.folder, FILE))]).toEqual([1, false])
    expect(out).toContain('(401)')
    expect(err).toContain('nothing was written')
    expect((await box.run(flags('--api-key-stdin', '--skip-check'), bad)).code).toBe(0)
  })

  it('keeps a copy of the file that was there', async () => {
    const before = 'retries: 1 # mine\n'
    await box.write(FILE, before)
    const { out } = await box.run(flags('--api-key-env', 'MY_KEY'), { env: { MY_KEY: KEY } })
    const [, copy = ''] = /\(before: (.*)\)/.exec(out) ?? []
    expect(await box.read(copy.replace(/^~/, '').slice(copy.startsWith('~') ? 0 : box.folder.length))).toBe(
      before,
    )
    expect(await box.read(FILE)).toContain('retries: 1 # mine\n')
  })

  it('starts the gateway and connects a client when asked to', async () => {
    const { code } = await box.run(flags('--api-key-env', 'MY_KEY', '--connect', 'claude'), {
      env: { MY_KEY: KEY },
    })
    expect(code).toBe(0)
    const { url } = JSON.parse((await box.run(['status', '--json'])).out)
    expect(JSON.parse(await box.read('.claude/settings.json')).env.ANTHROPIC_BASE_URL).toBe(url)
  })

  it.each([
    [['setup', '--yes'], /give --provider/],
    [['setup', '--yes', '--provider', 'azur'], /Did you mean azure-openai|no provider "azur"/],
    [
      ['setup', '--yes', '--endpoint', 'acme', '--auth', 'key', '--api-key-env', 'sk-12345'],
      /takes the name of a variable/,
    ],
    [
      ['setup', '--yes', '--endpoint', 'acme', '--auth', 'key'],
      /--api-key-env NAME, --api-key-stdin or --auth entra/,
    ],
    [['setup', 'sk-12345'], /takes flags only/],
  ])('%j says what lacks', async (args, message) => {
    const { code, err } = await box.run(args)
    expect(err).toMatch(message)
    expect(err).not.toContain('sk-12345')
    expect(code).toBe(2)
  })

  // `script` of util-linux is a terminal that a program can type into.
  it.skipIf(process.platform !== 'linux' || !existsSync('/usr/bin/script'))(
    'asks a person at a terminal, and does not show the key',
    async () => {
      const main = join(import.meta.dirname, '..', '..', 'main.ts')
      const child = spawn(
        '/usr/bin/script',
        ['-qefc', `stty cols 120 rows 40; "${process.execPath}" "${main}" setup`, '/dev/null'],
        {
          cwd: box.folder,
          env: {
            PATH: process.env.PATH,
            HOME: box.folder,
            DRAGOMAN_STATE_DIR: box.stateDir,
            TERM: 'xterm',
          },
        },
      )
      let screen = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text))
      const ended = once(child, 'close')
      const answer = async (question: string, keys: string) => {
        while (!screen.includes(question)) await once(child.stdout, 'data')
        child.stdin.write(keys)
      }
      await answer('Where are your models?', '\r')
      await answer('The endpoint, as the portal shows it', `${simulator.url}/openai/v1\r`)
      await answer('How does the gateway sign in there?', '\r')
      await answer('The key (kept in .env', `${KEY}\r`)
      await answer('is opus, the largest?', 'here\r')
      await answer('And sonnet', '\r')
      await answer('And haiku', '\r')
      await answer('Write ~', '\r')
      await answer('Start the gateway now?', 'n')
      expect((await ended)[0]).toBe(0)
      expect(screen).not.toContain(KEY)
      expect(screen).toContain('apiKey: ${AZURE_OPENAI_API_KEY}')
      expect(parse(await box.read(FILE)).models['*haiku*']).toBe('azure/here')
      expect(await box.read('.config/dragoman/.env')).toBe(`AZURE_OPENAI_API_KEY=${KEY}\n`)
    },
  )
})
