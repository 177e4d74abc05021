/** The whole life of the Claude Code plugin: one HOME, from validation to uninstalling, with the real Claude Code. */
import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts'
import { install, type Installed } from './install.ts'
import { runClient, temporaryFolder, type Ran } from './run-client.ts'

const VERSION = '2.1.329'
const PACKAGE = `@anthropic-ai/claude-code-${process.platform}-${process.arch}`
const ROOT = join(import.meta.dirname, '..', '..')

let claude: Installed
beforeAll(async () => {
  claude = await install(PACKAGE, VERSION, process.platform === 'win32' ? 'claude.exe' : 'claude')
})

/** A user's machine: a home, an upstream, and the marketplace as a folder whose name has a space. */
type Machine = {
  readonly home: string
  readonly marketplace: string
  readonly upstream: Simulator
  /** Where the gateway is to listen. */
  readonly port: number
  run(...args: string[]): Promise<Ran>
  ask(prompt: string): Promise<Ran>
  settings(): Promise<string>
  /** What runs, by its own record. */
  gateway(): Promise<{ readonly pid: number; readonly port: number; readonly version: string } | undefined>
  remove(): Promise<void>
}

async function machine(): Promise<Machine> {
  if ('missing' in claude) throw new Error(claude.missing)
  const command = claude.path
  const folder = await temporaryFolder()
  const home = join(folder.path, 'home')
  const marketplace = join(folder.path, 'the marketplace')
  await mkdir(join(home, '.claude'), { recursive: true })
  await mkdir(join(home, 'work'))
  for (const each of ['.claude-plugin', 'plugin'])
    await cp(join(ROOT, each), join(marketplace, each), { recursive: true })
  const upstream = await startSimulator()
  const run = (...args: string[]) =>
    runClient({
      command,
      args,
      env: { HOME: home, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', CLAUDE_CODE_MAX_RETRIES: '1' },
      cwd: join(home, 'work'),
    })
  const state = join(home, '.local', 'state', 'dragoman')
  const gateway: Machine['gateway'] = async () => {
    const names = await readdir(state).catch(() => [])
    const name = names.find((each) => /^gateway-\w+\.json$/.test(each))
    return name === undefined ? undefined : JSON.parse(await readFile(join(state, name), 'utf8'))
  }
  return {
    home,
    marketplace,
    upstream,
    port: await freePort(),
    run,
    ask: (prompt) => run('-p', prompt, '--output-format', 'json'),
    settings: () => readFile(join(home, '.claude', 'settings.json'), 'utf8'),
    gateway,
    async remove() {
      const left = await gateway()
      if (left !== undefined) end(left.pid)
      await upstream.close()
      await folder.remove()
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((settle) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => settle(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

async function version(port: number): Promise<string | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/health`)
    return ((await response.json()) as { version: string }).version
  } catch {
    return undefined
  }
}

/** Looks until it is so. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(50)
}

function options({ upstream, port }: Machine): string[] {
  const values = {
    provider: 'azure-openai',
    endpoint: upstream.url,
    api_key: 'b7e2c4d19f6a4c0e8a53',
    big_deployment: 'gpt-5.2',
    small_deployment: 'gpt-5-mini',
    port: String(port),
  }
  return Object.entries(values).flatMap(([name, value]) => ['--config', `${name}=${value}`])
}

const OWN_SETTINGS = `{
    "cleanupPeriodDays": 30,
    "env": { "MINE": "1",
      "CLAUDE_CODE_ATTRIBUTION_HEADER": "1" }
}
`

describe('the Claude Code plugin from a folder', () => {
  let user: Machine
  let before: string
  beforeAll(async () => {
    if ('missing' in claude) return
    user = await machine()
    await writeFile(join(user.home, '.claude', 'settings.json'), OWN_SETTINGS)
  })
  afterAll(() => user?.remove())

  it('is valid, for the plugin directory too', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    const marketplace = await user.run('plugin', 'validate', '--strict', user.marketplace)
    expect(marketplace.stdout).toContain('Validation passed')
    const args = ['plugin', 'validate', '--strict', '--profile', 'directory']
    const plugin = await user.run(...args, join(user.marketplace, 'plugin'))
    expect(plugin.stdout).toContain('Validation passed')
  })

  it('changes no routing when it is installed', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    expect((await user.run('plugin', 'marketplace', 'add', user.marketplace)).code).toBe(0)
    const installed = await user.run('plugin', 'install', 'dragoman@dragoman', ...options(user))
    expect(installed.stdout).toContain('Successfully installed')
    const ran = await user.run('-p', 'Hello')
    expect(ran.stdout).toContain('Not logged in')
    before = await user.settings()
    expect(before).not.toContain('ANTHROPIC_BASE_URL')
    expect(await user.gateway()).toBeUndefined()
  })

  it('connects nothing while the models do not answer, and says why', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    user.upstream.respond(() => ({ error: { status: 401, message: 'Access denied' } }))
    const ran = await user.run('-p', '/dragoman:setup')
    user.upstream.reset()
    expect(ran.stdout).toMatch(/The live check failed; nothing was written/)
    expect(ran.stdout).not.toContain('b7e2c4d19f6a4c0e8a53')
    expect(await user.settings()).toBe(before)
    expect(await user.gateway()).toBeUndefined()
  })

  it('leads the very session that sets it up through the gateway', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    user.upstream.respond(({ body }) =>
      JSON.stringify(body).includes('/dragoman:off undoes it') ? { text: 'It is set up.' } : undefined,
    )
    const ran = await user.ask('/dragoman:setup')
    expect(ran.stdout).toContain('It is set up.')
    const { env, modelPicker } = JSON.parse(await user.settings())
    expect(env).toMatchObject({
      MINE: '1',
      ANTHROPIC_BASE_URL: `http://127.0.0.1:${user.port}`,
      CLAUDE_CODE_ATTRIBUTION_HEADER: '0',
      CLAUDE_CODE_GATEWAY_HINT_HEADERS: '1',
      CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1',
    })
    expect(Number(env.CLAUDE_CODE_AUTO_COMPACT_WINDOW)).toBeGreaterThanOrEqual(100_000)
    expect(modelPicker.options[0]).toMatchObject({ model: 'azure/gpt-5.2' })
    expect(user.upstream.last.headers['api-key']).toBe('b7e2c4d19f6a4c0e8a53')
    expect(env.ANTHROPIC_AUTH_TOKEN).toMatch(/^[\w-]{20,}$/)
  })

  it('leaves no key where others may read it', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    const config = join(user.home, '.config', 'dragoman')
    expect(await readFile(join(config, 'dragoman.yaml'), 'utf8')).not.toContain('b7e2c4d19f6a4c0e8a53')
    expect(await readdir(join(user.home, '.local', 'state', 'dragoman'))).not.toContain('plugin-options.json')
    const { stdout } = await promisify(execFile)('find', [config, '-name', '.env', '-perm', '600'])
    expect(stdout.trim()).toBe(join(config, '.env'))
  })

  it('answers the sessions that follow', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    for (const text of ['The first.', 'The second.']) {
      user.upstream.enqueue({ text })
      expect(JSON.parse((await user.ask('Hello')).stdout)).toMatchObject({ is_error: false, result: text })
    }
  })

  it('brings a gateway back that was killed', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    const killed = await user.gateway()
    end(killed?.pid ?? 0)
    await until(async () => (await version(user.port)) === undefined)
    user.upstream.enqueue({ text: 'Back again.' })
    expect(JSON.parse((await user.ask('Hello')).stdout)).toMatchObject({ result: 'Back again.' })
    expect((await user.gateway())?.pid).not.toBe(killed?.pid)
  })

  it('replaces the gateway of an older version when it is updated', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    const old = (await user.gateway())?.version ?? ''
    const plugin = join(user.marketplace, 'plugin')
    for (const file of ['runtime/dragoman.mjs', 'runtime/hook.mjs', '.claude-plugin/plugin.json']) {
      const text = await readFile(join(plugin, file), 'utf8')
      const next = text.replaceAll(`"${old}"`, '"99.0.0"')
      expect(next).not.toBe(text)
      await writeFile(join(plugin, file), next)
    }
    await user.run('plugin', 'marketplace', 'update', 'dragoman')
    const updated = await user.run('plugin', 'update', 'dragoman@dragoman')
    expect(updated.stdout).toContain('99.0.0')
    expect(old).not.toBe('99.0.0')
    user.upstream.enqueue({ text: 'Updated.' })
    expect(JSON.parse((await user.ask('Hello')).stdout)).toMatchObject({ result: 'Updated.' })
    expect(await version(user.port)).toBe('99.0.0')
    expect(await user.settings()).toContain('ANTHROPIC_BASE_URL')
  })

  it('gives the settings back byte for byte when it is switched off', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    user.upstream.respond(({ body }) =>
      JSON.stringify(body).includes('Sessions that run keep') ? { text: 'It is off.' } : undefined,
    )
    expect((await user.ask('/dragoman:off')).stdout).toContain('It is off.')
    expect(await user.settings()).toBe(before)
    expect((await user.run('-p', 'Hello')).stdout).toContain('Not logged in')
  })

  it('comes back, and stops without a model', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    user.upstream.enqueue({ text: 'It is on.' })
    expect((await user.ask('/dragoman:on')).stdout).toContain('It is on.')
    const asked = user.upstream.requests.length
    expect((await user.run('-p', '/dragoman:stop')).stdout).toContain('Stopped')
    expect(user.upstream.requests).toHaveLength(asked)
    expect(await user.settings()).toBe(before)
    expect(await version(user.port)).toBeUndefined()
  })

  it('takes its lines out of the settings when it is uninstalled, and its gateway ends', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    user.upstream.enqueue({ text: 'It is started.' })
    expect((await user.ask('/dragoman:start')).stdout).toContain('It is started.')
    const running = await user.gateway()
    await user.run('plugin', 'uninstall', '-y', 'dragoman@dragoman')
    await until(async () => !(await user.settings()).includes('ANTHROPIC_BASE_URL'))
    await until(async () => (await version(user.port)) === undefined)
    expect(running?.port).toBe(user.port)
    expect(JSON.parse(await user.settings()).env).toEqual({ MINE: '1', CLAUDE_CODE_ATTRIBUTION_HEADER: '1' })
  })
})

describe('the Claude Code plugin from a Git repository', () => {
  let user: Machine
  beforeAll(async () => {
    if (!('missing' in claude)) user = await machine()
  })
  afterAll(() => user?.remove())

  it('sets up from its copy of the repository', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    const git = (...args: string[]) => promisify(execFile)('git', args, { cwd: user.marketplace })
    await git('init', '--quiet')
    await git('add', '--all')
    await git(
      '-c',
      'user.name=test',
      '-c',
      'user.email=test@example.com',
      'commit',
      '--quiet',
      '-m',
      'A plugin',
    )
    const bare = join(user.home, '..', 'bare', 'dragoman.git')
    await git('clone', '--quiet', '--bare', '.', bare)
    // Claude Code clones URLs only; Git is told that this one is the folder.
    const address = 'https://git.example.com/dragoman.git'
    await writeFile(join(user.home, '.gitconfig'), `[url "file://${bare}"]\n  insteadOf = ${address}\n`)
    const added = await user.run('plugin', 'marketplace', 'add', address)
    expect(added.stdout + added.stderr).toContain('Successfully added')
    const installed = await user.run('plugin', 'install', 'dragoman@dragoman', ...options(user))
    expect(installed.stdout).toContain('Successfully installed')
    // What was cloned is no longer needed: everything runs from the home.
    await rm(user.marketplace, { recursive: true })
    await rm(bare, { recursive: true })
    user.upstream.respond(({ body }) =>
      JSON.stringify(body).includes('/dragoman:off undoes it') ? { text: 'It is set up.' } : undefined,
    )
    expect((await user.ask('/dragoman:setup')).stdout).toContain('It is set up.')
    expect((await user.run('-p', '/dragoman:stop')).stdout).toContain('Stopped')
  })
})
