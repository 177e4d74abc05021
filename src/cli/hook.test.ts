import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from './hook.ts'
import type { Io } from './io.ts'
import { takeLock } from './plugin/lock.ts'
import { takeOver } from './plugin/options.ts'
import { keepState } from './plugin/place.ts'

let home: string
let servers: Server[]
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'dragoman-hook-'))
  servers = []
})
afterEach(async () => {
  for (const { pid } of records()) process.kill(pid, 'SIGKILL')
  for (const server of servers) server.close()
  rmSync(home, { recursive: true, force: true, maxRetries: 5 })
})

const stateDir = () => join(home, 'state', 'dragoman')

function records(): readonly { readonly pid: number; readonly port: number }[] {
  const names = readdirSync(stateDir(), { withFileTypes: true }).map(({ name }) => name)
  return names
    .filter((name) => /^gateway-\w+\.json$/.test(name))
    .map((name) => JSON.parse(readFileSync(join(stateDir(), name), 'utf8')))
}

/** What the hook answers; undefined when it has nothing to say. */
async function hook(event: string, { prompt = 'Hello', env = {} as Record<string, string> } = {}) {
  mkdirSync(stateDir(), { recursive: true })
  let said = ''
  const io: Io = {
    write: (text) => void (said += text),
    writeError: () => {},
    env: {
      ...process.env,
      XDG_STATE_HOME: join(home, 'state'),
      XDG_CONFIG_HOME: join(home, 'config'),
      ...env,
    },
    cwd: home,
    homedir: home,
    platform: 'linux',
    color: false,
    errorColor: false,
    outputIsTerminal: false,
    errorIsTerminal: false,
    inputIsTerminal: false,
    readInput: async () => JSON.stringify({ hook_event_name: event, prompt }),
  }
  const code = await run({ text: {}, on: new Set(), positionals: [event] }, io)
  expect(code).toBe(0)
  return said === '' ? undefined : JSON.parse(said)
}

/** Claude Code's settings lead to this port; `config` is what the gateway there is to be started with. */
function routed(port: number, config = 'providers: {}\n'): void {
  const file = join(home, 'dragoman.yaml')
  writeFileSync(file, config)
  const settings = join(home, 'settings.json')
  const url = `http://127.0.0.1:${port}`
  writeFileSync(settings, JSON.stringify({ env: { ANTHROPIC_BASE_URL: url } }))
  mkdirSync(stateDir(), { recursive: true })
  keepState(stateDir(), { settings, url, config: file, stateDir: stateDir() })
}

async function serving(body: object): Promise<number> {
  const server = createServer((_, response) => void response.end(JSON.stringify(body)))
  servers.push(server)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return (server.address() as AddressInfo).port
}

async function freePort(): Promise<number> {
  const port = await serving({})
  await new Promise((closed) => servers.pop()?.close(closed))
  return port
}

const WORKING = `
providers: { local: { type: openai-compatible, baseUrl: "http://127.0.0.1:9/v1" } }
models: { "*": local/any }
`

describe('the plugin’s hooks', () => {
  it.each(['session-start', 'prompt-submit'])('%s does nothing before setup', async (event) => {
    expect(await hook(event)).toBeUndefined()
    expect(readdirSync(stateDir())).toEqual([])
  })

  it.each(['session-start', 'prompt-submit'])(
    '%s does nothing where the settings lead elsewhere',
    async (event) => {
      routed(await freePort(), WORKING)
      writeFileSync(join(home, 'settings.json'), '{"env":{"ANTHROPIC_BASE_URL":"https://elsewhere.example"}}')
      expect(await hook(event)).toBeUndefined()
      expect(records()).toEqual([])
    },
  )

  it.each(['session-start', 'prompt-submit'])('%s is content with a gateway that answers', async (event) => {
    routed(await serving({ name: 'dragoman', version: '0.0.1', instance: 'the-users-own' }))
    expect(await hook(event)).toBeUndefined()
  })

  it('starts a gateway that is down, on the port that the settings name, once for all sessions', async () => {
    const port = await freePort()
    routed(port, WORKING)
    const answers = await Promise.all([hook('session-start'), hook('session-start'), hook('prompt-submit')])
    // On a machine under load it may take longer than the hooks wait.
    for (const answer of answers.filter((each) => each !== undefined))
      expect(answer.systemMessage).toMatch(/still starting/)
    while (records().length === 0) await sleep(20)
    expect(records()).toMatchObject([{ port }])
    const health = await (await fetch(`http://127.0.0.1:${port}/health`)).json()
    expect(health).toMatchObject({ name: 'dragoman' })
  })

  it('leaves the start to whoever holds the lock', async () => {
    routed(await freePort(), WORKING)
    const unlock = takeLock(stateDir())
    expect(unlock).toBeDefined()
    expect((await hook('session-start')).systemMessage).toMatch(/still starting/)
    expect(records()).toEqual([])
    unlock?.()
  })

  it('says what keeps the gateway from starting', async () => {
    routed(await freePort(), 'providers: { local: { type: nonsense } }\n')
    const answer = await hook('session-start')
    expect(answer.systemMessage).toMatch(/^Dragoman: the gateway (?:did not start|is still starting)/)
  })

  it('says who has the port', async () => {
    routed(await serving({ name: 'somebody else' }))
    expect((await hook('prompt-submit')).systemMessage).toMatch(
      /another program listens at .*\/dragoman:off/s,
    )
  })

  it('only says that it is down when the user starts it himself', async () => {
    routed(await freePort(), WORKING)
    const answer = await hook('session-start', { env: { CLAUDE_PLUGIN_OPTION_AUTO_START: 'false' } })
    expect(answer.systemMessage).toContain('/dragoman:start')
    expect(records()).toEqual([])
  })

  it('tells a session whose gateway was switched off under it', async () => {
    const port = await freePort()
    routed(port, WORKING)
    writeFileSync(join(home, 'settings.json'), '{}')
    const env = { ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}` }
    expect((await hook('prompt-submit', { env })).systemMessage).toMatch(/switched off/)
  })

  it('hands the options over to setup, and to nothing else', async () => {
    const env = { CLAUDE_PLUGIN_OPTION_API_KEY: 'a-key', CLAUDE_PLUGIN_OPTION_PORT: '8082' }
    await hook('prompt-submit', { env })
    expect(readdirSync(stateDir())).toEqual([])
    await hook('prompt-submit', { prompt: '/dragoman:setup', env })
    expect(statSync(join(stateDir(), 'plugin-options.json')).mode & 0o777).toBe(0o600)
    expect(takeOver(stateDir())).toEqual({ apiKey: 'a-key', port: '8082' })
    expect(takeOver(stateDir())).toBeUndefined()
  })

  it('answers a command itself when no model can', async () => {
    routed(await serving({ name: 'somebody else' }))
    const answer = await hook('prompt-submit', { prompt: '/dragoman:help' })
    expect(answer).toMatchObject({ decision: 'block', reason: expect.stringContaining('/dragoman:off') })
  })

  it('never fails, whatever is broken', async () => {
    mkdirSync(join(stateDir(), 'plugin.json'), { recursive: true })
    writeFileSync(join(home, 'settings.json'), 'not JSON')
    expect(await hook('session-start')).toBeUndefined()
  })
})
