/** The package as it is published: packed, unpacked somewhere else, and used from there. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '..')

let folder: string
let files: string[]

/** Unpacks the package beside its dependencies, which are linked rather than fetched. */
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
  const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: object
  }
  for (const name of Object.keys(dependencies)) {
    if (name.includes('/')) await mkdir(join(modules, name.split('/')[0] ?? ''), { recursive: true })
    await symlink(join(ROOT, 'node_modules', name), join(modules, name), 'dir')
  }
}, 120_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the packed package', () => {
  it('holds what runs and what people read, and no sources or tests', () => {
    expect(files).toEqual(
      expect.arrayContaining(['dist/main.js', 'dist/index.js', 'dist/index.d.ts', 'README.md', 'LICENSE']),
    )
    expect(files.filter((file) => /\.test\.|(?<!\.d)\.ts$|^(?:src|test|docs)\//.test(file))).toEqual([])
  })

  it('has a binary that works where it is installed', async () => {
    const { stdout } = await run(join(folder, 'node_modules/dragoman/dist/main.js'), ['version'], {
      cwd: folder,
    })
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    expect(stdout).toContain(version)
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
