import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'

const running = new Set<() => Promise<void>>()
afterEach(async () => {
  await Promise.all([...running].map((stop) => stop()))
  running.clear()
})

const MAIN = join(import.meta.dirname, '../../src/main.ts')

/**
 * `dragoman start` in a process and a home folder of its own, for what is read from the process's own environment. Ends
 * after the test.
 *
 * @param files beside the config, by name; `$HOME` in the environment stands for their folder
 */
export async function startGatewayProcess(
  config: string,
  env: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
): Promise<{ readonly url: string }> {
  const home = mkdtempSync(join(tmpdir(), 'dragoman-process-'))
  const all = { 'dragoman.yaml': config, ...files }
  for (const [name, text] of Object.entries(all)) writeFileSync(join(home, name), text)
  const given = Object.entries(env).map(([name, value]) => [name, value.replaceAll('$HOME', home)])
  const child = spawn(process.execPath, [MAIN, 'start', '--port', '0'], {
    cwd: home,
    env: { PATH: process.env['PATH'], HOME: home, DRAGOMAN_STATE_DIR: home, ...Object.fromEntries(given) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  running.add(async () => {
    child.kill('SIGKILL')
    await ended
    rmSync(home, { recursive: true, force: true })
  })
  let output = ''
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString()
      const found = /listens on (http:\/\/\S+)/.exec(output)?.[1]
      if (found !== undefined) resolve(found)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    void ended.then(() => reject(new Error(`The gateway ended: ${output}`)))
  })
  return { url }
}
