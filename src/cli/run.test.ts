import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'

const MAIN = join(import.meta.dirname, '..', 'main.ts')
const KEY = 'sk-live-abcdefghijklmnopqrstuvwxyz'
const CONFIG = `server: { port: 0 }
providers:
  azure: { type: azure-openai, endpoint: acme, apiKey: "\${AZURE_KEY}" }
models:
  "claude-*": [azure/big, { target: azure/small, maxOutputTokens: 100 }]
  "*": { balance: [azure/a, azure/b], weights: [3, 1] }
`

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dragoman-cli-'))
  await writeFile(join(folder, 'dragoman.yaml'), CONFIG)
})

const running = new Set<ReturnType<typeof spawn>>()
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

/** Starts the executable in a folder of its own, with nothing of this process's environment. */
function launch(args: readonly string[], env: Readonly<Record<string, string>> = { AZURE_KEY: KEY }) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, DRAGOMAN_STATE_DIR: join(folder, 'state'), ...env },
  })
  running.add(child)
  const output = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.err += text))
  const ended = once(child, 'close').then(([code]) => {
    running.delete(child)
    return { code: code as number | null, ...output }
  })
  const said = async (stream: 'out' | 'err', pattern: RegExp) => {
    for (;;) {
      const found = pattern.exec(output[stream])
      if (found !== null) return found
      const more = await Promise.race([once(stream === 'out' ? child.stdout : child.stderr, 'data'), ended])
      if (!Array.isArray(more)) throw new Error(`ended without saying ${pattern}: ${JSON.stringify(more)}`)
    }
  }
  return { child, ended, said }
}

const dragoman = (args: readonly string[], env?: Readonly<Record<string, string>>) => launch(args, env).ended

describe('help and usage', () => {
  it('prints help and the version', async () => {
    expect(await dragoman([])).toMatchObject({
      code: 0,
      out: expect.stringContaining('Usage: dragoman <command>'),
    })
    expect(await dragoman(['--version'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    })
    const start = await dragoman(['help', 'start'])
    expect(start.out).toContain('--config FILE')
    expect(start.out).toContain('--workers N')
    expect((await dragoman(['start', '--help'])).out).toBe(start.out)
  })

  test.each([
    [['strat'], 'There is no command "strat". Did you mean start?'],
    [['start', '--prot', '1'], 'dragoman start has no option --prot. Did you mean --port?'],
    [['start', '--port'], "Option '-p, --port <value>' argument missing"],
    [['start', '--worker', '1'], 'dragoman start has no option --worker'],
    [['start', 'now'], 'dragoman start takes no "now"'],
    [['config'], 'needs one of show, check, path, schema, import'],
    [['config', 'shw'], 'Did you mean show?'],
  ])('%j is a mistake in usage', async (args, message) => {
    const { code, err } = await dragoman(args)
    expect(err).toContain(message)
    expect(err).not.toContain('    at ')
    expect(code).toBe(2)
  })
})

describe('config', () => {
  it('shows every setting with its origin, and no secret', async () => {
    const { code, out, err } = await dragoman(['config', 'show', '--port', '9', '-c', 'dragoman.yaml'])
    expect(code).toBe(0)
    expect(out).toMatch(/^server\.port +9 +flag --port$/m)
    expect(out).toMatch(/^providers\.azure\.apiKey +sk-l…yz +dragoman\.yaml:3 \(env AZURE_KEY\)$/m)
    expect(out).toMatch(/^retries +2 +default$/m)
    expect(out + err).not.toContain(KEY)
    expect(out).not.toContain('\u001B[')
  })

  it('shows the same as JSON', async () => {
    const { out } = await dragoman(['config', 'show', '--json'])
    const shown = JSON.parse(out)
    expect(shown).toMatchObject({ source: 'dragoman.yaml', settings: { retries: 2, server: { port: 0 } } })
    expect(shown.origins['server.port']).toBe('dragoman.yaml:1')
    expect(out).not.toContain(KEY)
  })

  it('makes no state', async () => {
    await dragoman(['config', 'show'])
    await expect(stat(join(folder, 'state'))).rejects.toThrow('ENOENT')
  })

  it('says that a sound file is sound', async () => {
    expect(await dragoman(['config', 'check'])).toMatchObject({
      code: 0,
      out: 'ok: dragoman.yaml is sound (1 provider, 2 model rules)\n',
      err: '',
    })
  })

  test.each([
    ['show', []],
    ['check', []],
    ['start', []],
    ['models', []],
  ])('%s exits with 78 and names everything wrong', async (name, more) => {
    await writeFile(join(folder, 'dragoman.yaml'), `${CONFIG}retries: many\n`)
    const command = name === 'show' || name === 'check' ? ['config', name] : [name]
    const { code, err, out } = await dragoman([...command, ...more], {})
    expect(code).toBe(78)
    expect(out).toBe('')
    expect(err).toContain('error: the configuration has 2 problems')
    expect(err).toContain(
      'dragoman.yaml:3: providers.azure.apiKey: the environment variable AZURE_KEY is not set',
    )
    expect(err).toContain('dragoman.yaml:7: retries: must be a whole number')
    expect(err).not.toContain('    at ')
  })

  it('asks the provider’s own code about addresses', async () => {
    await writeFile(
      join(folder, 'dragoman.yaml'),
      'providers:\n  p: { type: openai-compatible, preset: olama }\n',
    )
    const { code, err } = await dragoman(['config', 'check'])
    expect(err).toMatch(/dragoman\.yaml:2: providers\.p/)
    expect(code).toBe(78)
  })

  it('tells the file that is read', async () => {
    const { code, out } = await dragoman(['config', 'path'])
    expect([code, out.trim().endsWith('dragoman.yaml')]).toEqual([0, true])
    expect(await dragoman(['config', 'path', '-c', 'other.yaml'])).toMatchObject({ code: 1, out: '' })
  })

  it('prints the JSON Schema', async () => {
    const { out } = await dragoman(['config', 'schema'])
    expect(JSON.parse(out)).toMatchObject({ type: 'object', properties: { providers: {} } })
  })

  it('counts the environment alone where there is no file', async () => {
    await rm(join(folder, 'dragoman.yaml'))
    expect((await dragoman(['config', 'check'], {})).code).toBe(78)
    const { out } = await dragoman(['config', 'show'], { OPENAI_API_KEY: KEY })
    expect(out).toMatch(/^providers\.openai\.apiKey +sk-l…yz +env OPENAI_API_KEY$/m)
  })
})

describe('models', () => {
  it('shows where names go', async () => {
    const { out } = await dragoman(['models'])
    expect(out).toContain('claude-*         azure/big, then azure/small [at most 100 tokens]\n')
    expect(out).toContain('*                azure/a (weight 3) or azure/b (weight 1)\n')
    expect(JSON.parse((await dragoman(['models', '--json'])).out)).toMatchObject({
      providers: ['azure'],
      models: [{ pattern: 'claude-*' }, { pattern: '*', steps: [{ weights: [3, 1] }] }],
    })
  })
})

describe('start', () => {
  it('serves until it is told to stop, and keeps its secret to itself', async () => {
    const { child, said, ended } = launch(['start'])
    const [line, url] = await said('out', /^Dragoman .* listens on (\S+) \(.*\)$/m)
    expect(line).toContain('(1 provider, 2 model rules, from dragoman.yaml)')
    expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ name: 'dragoman' })
    const kept = join(folder, 'state', 'secret')
    // Windows has no such modes.
    expect(process.platform === 'win32' || ((await stat(kept)).mode & 0o777) === 0o600).toBe(true)
    child.kill('SIGTERM')
    const { code, out, err } = await ended
    expect(code).toBe(0)
    expect(out + err).not.toContain(KEY)
    expect(out + err).not.toContain((await readFile(kept, 'utf8')).trim())
    for (const entry of err.trim().split('\n')) expect(JSON.parse(entry)).toHaveProperty('level')
  })

  it('takes edits, and survives broken ones', async () => {
    const { child, said, ended } = launch(['start'])
    await said('out', /listens on/)
    await writeFile(join(folder, 'dragoman.yaml'), `${CONFIG}retires: 3\n`)
    const [broken] = await said('err', /.*The edited configuration was not taken.*/)
    expect(JSON.parse(broken).problems).toEqual([
      'dragoman.yaml:7: retires: unknown key. Did you mean `retries`?',
    ])
    await writeFile(join(folder, 'dragoman.yaml'), `${CONFIG}retries: 3\n`)
    await said('err', /Configuration reloaded/)
    child.kill('SIGINT')
    expect((await ended).code).toBe(0)
  })

  it('says who has the port', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const { port } = holder.address() as { port: number }
    const { code, err } = await dragoman(['start', '--port', String(port)])
    holder.close()
    expect(err).toMatch(new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is taken by .*--port ${port + 1}`))
    expect(process.platform !== 'linux' || err.includes(`(pid ${process.pid})`)).toBe(true)
    expect(err).not.toContain('    at ')
    expect(code).toBe(1)
  })

  it('says that a host is not of this machine', async () => {
    const env = { AZURE_KEY: KEY, DRAGOMAN_KEY: 'client-key-1' }
    const { code, err } = await dragoman(['start', '--host', '192.0.2.1'], env)
    expect(err).toContain('192.0.2.1 is no address of this machine')
    expect(code).toBe(1)
  })
})
