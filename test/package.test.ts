/** The package as it is published: packed, unpacked somewhere else, and used from there. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '..')

let folder: string
let files: string[]

/** Unpacks the package where it has nothing but itself. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dragoman-package-'))
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: ROOT })
  const report = JSON.parse(stdout.slice(stdout.search(/^[[{]/m))) as
    | { filename: string; files: { path: string }[] }[]
    | Record<string, { filename: string; files: { path: string }[] }>
  const [packed] = Object.values(report)
  if (packed === undefined) throw new Error(stdout)
  files = packed.files.map((file) => file.path)
  const modules = join(folder, 'node_modules')
  await mkdir(join(modules, 'dragoman'), { recursive: true })
  await run('tar', [
    '-xzf',
    join(folder, packed.filename),
    '-C',
    join(modules, 'dragoman'),
    '--strip-components=1',
  ])
}, 120_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the packed package', () => {
  it('holds what runs and what people read, and no sources or tests', () => {
    const wanted = [
      'dist/main.js',
      'dist/index.js',
      'dist/index.d.ts',
      'dist/LICENSES.txt',
      'README.md',
      'LICENSE',
    ]
    expect(files).toEqual(expect.arrayContaining(wanted))
    expect(files.filter((file) => /\.test\.|(?<!\.d)\.ts$|^(?:src|test|docs)\//.test(file))).toEqual([])
  })

  it('has a binary that works where it is installed', async () => {
    const { stdout } = await run(join(folder, 'node_modules/dragoman/dist/main.js'), ['version'], {
      cwd: folder,
    })
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    expect(stdout).toContain(version)
  })

  it('starts again what it is, in the background', async () => {
    const main = join(folder, 'node_modules/dragoman/dist/main.js')
    const env = {
      PATH: process.env['PATH'],
      HOME: folder,
      DRAGOMAN_STATE_DIR: join(folder, 'state'),
      DRAGOMAN_PORT: '0',
      OPENAI_API_KEY: 'sk-test-123456',
    }
    const started = await run(main, ['start', '--detach'], { cwd: folder, env })
    const stopped = await run(main, ['stop'], { cwd: folder, env })
    expect(`${started.stdout}${stopped.stdout}`).toMatch(/http:\/\/127\.0\.0\.1:\d+/)
  })

  it('declares a library that needs no types of other packages', async () => {
    const declared = files.filter((file) => file.endsWith('.d.ts'))
    expect(declared.length).toBeGreaterThan(5)
    for (const file of declared) {
      const text = await readFile(join(folder, 'node_modules/dragoman', file), 'utf8')
      expect(text, file).not.toMatch(/from '(?!\.|node:)/)
    }
  })

  it('has a library entry that serves', async () => {
    const program = `
      import { createGateway, parseConfig } from 'dragoman'
      const config = parseConfig('server: { port: 0 }\\nproviders: { a: { type: openai, apiKey: sk-test-123456 } }\\nmodels: { "*": a/gpt-5.2 }')
      const gateway = await createGateway(config)
      const { url } = await gateway.listen()
      const health = await (await fetch(url + '/health')).json()
      await gateway.close({ drainMs: 0 })
      console.log(health.status)
    `
    await writeFile(join(folder, 'program.mjs'), program)
    const { stdout } = await run(process.execPath, ['program.mjs'], { cwd: folder })
    expect(stdout.trim()).toBe('ok')
  })
})
