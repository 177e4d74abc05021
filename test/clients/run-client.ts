import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

export type Client = {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Where it works; a new empty folder when absent. */
  readonly cwd?: string
  readonly timeoutMs?: number
}

/** A folder of its own under the system's temporary one, and its removal. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'dragoman-client-'))
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) }
}

/** A folder that goes with the test that asks for it. */
export async function testFolder(): Promise<string> {
  const folder = await temporaryFolder()
  onTestFinished(folder.remove)
  return folder.path
}

/** Runs a client to its end with nothing of this machine's environment but PATH, and a HOME that is thrown away. */
export async function runClient(client: Client): Promise<Ran> {
  const home = await temporaryFolder()
  const child = spawn(client.command, client.args, {
    cwd: client.cwd ?? home.path,
    env: { PATH: process.env['PATH'] ?? '', HOME: home.path, TERM: 'dumb', ...client.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const out = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => void (out.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => void (out.stderr += chunk.toString()))
  const timer = setTimeout(() => child.kill('SIGKILL'), client.timeoutMs ?? 60_000)
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', resolve)
    })
    return { code, ...out }
  } finally {
    clearTimeout(timer)
    await home.remove()
  }
}
