import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, openSync, closeSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cores } from '../machine/cores.ts'
import { treeOf } from '../machine/cpu.ts'
import type { WireProtocol } from '../traffic/protocols.ts'
import type { Ask, Gateway } from './gateway.ts'

/** A gateway that serves. */
export type Running = {
  readonly gateway: Gateway
  readonly port: number
  /** The root of its process tree; undefined where there is none. */
  readonly pid: number | undefined
  /** Milliseconds from the start of its process to its first answer. */
  readonly startedIn: number
  stop(): Promise<void>
}

export type StartOptions = {
  readonly upstreamPort: number
  readonly cores: Cores | undefined
  readonly extraModels?: number
  /** True once it answers as it should. */
  readonly answers: (port: number) => Promise<boolean>
}

const PATIENCE_MS = 90_000

/** Starts a gateway on its core and waits for its first answer. Throws with the end of its log when none comes. */
export async function start(gateway: Gateway, options: StartOptions): Promise<Running> {
  const { cores, upstreamPort, extraModels } = options
  if (gateway.name === 'direct') {
    return { gateway, port: upstreamPort, pid: undefined, startedIn: 0, stop: async () => {} }
  }
  const folder = mkdtempSync(join(tmpdir(), `bench-${gateway.name}-`))
  const port = await freePort()
  const launch = gateway.launch({
    port,
    upstreamPort,
    folder,
    ...(extraModels !== undefined && { extraModels }),
  })
  const command = [launch.command, ...launch.args]
  if (cores !== undefined) command.unshift('taskset', '-c', cores.gateway)
  const logFile = join(folder, 'output.log')
  const log = openSync(logFile, 'a')
  const startedAt = performance.now()
  const child = spawn(command[0]!, command.slice(1), {
    cwd: folder,
    // Nothing of this shell's: keys in the environment would configure gateways.
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...launch.env },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  // Should the benchmark fail, nothing may be left behind.
  const abandon = () => killAll(treeOf(child.pid!))
  process.once('exit', abandon)
  const stop = async () => {
    process.off('exit', abandon)
    await end(child)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    while (!(await options.answers(port))) {
      if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}`)
      if (performance.now() - startedAt > PATIENCE_MS) throw new Error('no answer')
      await sleep(3)
    }
  } catch (thrown) {
    const said = readFileSync(logFile, 'utf8').trim().split('\n').slice(-5).join('\n')
    await stop()
    throw new Error(`${gateway.name} did not start: ${(thrown as Error).message}\n${said}`, { cause: thrown })
  }
  return { gateway, port, pid: child.pid!, startedIn: performance.now() - startedAt, stop }
}

/** Ends a process and what it started, gently at first. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const family = treeOf(child.pid!)
  const over = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  await Promise.race([over, sleep(1500, undefined, { ref: false })])
  killAll(family)
  await over
}

function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It is gone already.
    }
  }
}

/** A request as bytes, head included. */
export function requestBytes(ask: Ask, client: WireProtocol, body: object): Buffer {
  const json = Buffer.from(JSON.stringify(body))
  const headers = Object.entries({
    host: '127.0.0.1',
    'content-type': 'application/json',
    accept: '*/*',
    'user-agent': 'bench/1',
    ...(client === 'messages' && { 'anthropic-version': '2023-06-01' }),
    ...ask.headers,
    'content-length': json.length,
  })
  const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return Buffer.concat([Buffer.from(`POST ${ask.path} HTTP/1.1\r\n${head}\r\n`), json])
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
