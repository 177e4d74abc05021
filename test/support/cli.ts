import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach } from 'vitest'

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts')

export type Ended = { readonly code: number | null; readonly out: string; readonly err: string }

/** A home, a working folder and a state folder that are thrown away, with everything that was started in them. */
export type Sandbox = {
  readonly folder: string
  readonly stateDir: string
  /** Runs the command line to its end with nothing of this process's environment but PATH. */
  run(args: readonly string[], options?: RunOptions): Promise<Ended>
  /** Starts it; `said` waits for something in its output. */
  launch(args: readonly string[], options?: RunOptions): Launched
  /** Writes a file, given by its path inside the folder. */
  write(path: string, text: string): Promise<string>
  read(path: string): Promise<string>
  /** Puts a program of that name on PATH; `script` is JavaScript. */
  program(name: string, script: string): Promise<void>
}

export type RunOptions = {
  readonly env?: Readonly<Record<string, string>>
  /** Written to the input, which then ends. */
  readonly input?: string
}

export type Launched = {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  said(pattern: RegExp): Promise<RegExpExecArray>
}

const sandboxes = new Set<{ folder: string; children: Set<ChildProcess> }>()

afterEach(async () => {
  for (const { folder, children } of sandboxes) {
    for (const child of children) child.kill('SIGKILL')
    await endDetached(join(folder, 'state'))
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  sandboxes.clear()
})

/** Makes a sandbox; it is gone after the test. */
export async function sandbox(files: Readonly<Record<string, string>> = {}): Promise<Sandbox> {
  const folder = await mkdtemp(join(tmpdir(), 'dragoman-cli-'))
  const stateDir = join(folder, 'state')
  const children = new Set<ChildProcess>()
  sandboxes.add({ folder, children })

  const launch = (args: readonly string[], { env = {}, input }: RunOptions = {}): Launched => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: folder,
      env: {
        PATH: [join(folder, 'bin'), process.env.PATH].join(':'),
        HOME: folder,
        DRAGOMAN_STATE_DIR: stateDir,
        ...env,
      },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    })
    children.add(child)
    child.stdin?.end(input)
    const output = { out: '', err: '' }
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.out += text))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.err += text))
    const ended = once(child, 'close').then(([code]) => {
      children.delete(child)
      return { code: code as number | null, ...output }
    })
    return {
      child,
      ended,
      async said(pattern) {
        for (;;) {
          const found = pattern.exec(output.out) ?? pattern.exec(output.err)
          if (found !== null) return found
          const more = await Promise.race([once(child.stdout!, 'data'), once(child.stderr!, 'data'), ended])
          if (!Array.isArray(more))
            throw new Error(`ended without saying ${pattern}: ${JSON.stringify(more)}`)
        }
      },
    }
  }

  const made: Sandbox = {
    folder,
    stateDir,
    launch,
    run: (args, options) => launch(args, options).ended,
    async write(path, text) {
      const file = join(folder, path)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, text)
      return file
    },
    read: (path) => readFile(join(folder, path), 'utf8'),
    async program(name, script) {
      const file = await made.write(`bin/${name}`, `#!${process.execPath}\n${script}\n`)
      await chmod(file, 0o755)
    },
  }
  for (const [path, text] of Object.entries(files)) await made.write(path, text)
  return made
}

/** Ends the detached gateways that wrote themselves down in a state folder. */
async function endDetached(stateDir: string): Promise<void> {
  const names = await readdir(stateDir).catch(() => [])
  for (const name of names.filter((each) => /^gateway-.*\.json$/.test(each))) {
    const { pid, instance } = JSON.parse(await readFile(join(stateDir, name), 'utf8'))
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => instance)
    try {
      if (String(commandLine).includes(instance)) process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
}
