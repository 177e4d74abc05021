/** A gateway of several processes: real ones, over real sockets. To its clients it is one. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { isAlive } from '../../src/cli/daemon/identity.ts'
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts'
import { ask } from '../support/ask.ts'
import { readSse } from '../support/sse.ts'

// Each start of a process takes a second, and several on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const MAIN = join(import.meta.dirname, '../../src/main.ts')

const config = (upstream: string, models = '', port = 0) => `
server: { port: ${port}, workers: 2 }
retries: 0
providers:
  east: { type: openai-compatible, baseUrl: "${upstream}/compatible/v1", apiKey: east-key-1 }
  west: { type: openai-compatible, baseUrl: "${upstream}/compatible/v1", apiKey: west-key-1 }
  claude: { type: anthropic, baseUrl: "${upstream}", apiKey: anthropic-key-1 }
  foundry: { type: azure-foundry, baseUrl: "${upstream}/anthropic", apiKey: foundry-key-1 }
models:
  both: [east/gpt, west/gpt]
${models}`

type Line = Readonly<Record<string, any>>

/** A gateway in processes of its own. */
type Crew = {
  readonly url: string
  readonly child: ChildProcess
  readonly folder: string
  /** Every line of the log so far. */
  lines(): readonly Line[]
  /** The first line with a message that comes after so many lines. */
  said(message: string, after?: number): Promise<Line>
  /** The processes that serve now, by the workers' numbers. */
  pids(): readonly number[]
}

const children = new Set<ChildProcess>()
const folders: string[] = []

async function startCrew(yaml: string): Promise<Crew> {
  const folder = mkdtempSync(join(tmpdir(), 'dragoman-workers-'))
  folders.push(folder)
  writeFileSync(join(folder, 'dragoman.yaml'), yaml)
  const child = spawn(process.execPath, [MAIN, 'start'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, DRAGOMAN_STATE_DIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.add(child)
  const output = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (more: string) => (output.out += more))
  child.stderr.setEncoding('utf8').on('data', (more: string) => (output.err += more))
  const lines = () =>
    output.err
      .split('\n')
      .slice(0, -1)
      .flatMap((line): Line[] => (line.startsWith('{') ? [JSON.parse(line)] : []))
  const crew: Crew = {
    get url() {
      return /listens on (\S+)/.exec(output.out)?.[1] ?? ''
    },
    child,
    folder,
    lines,
    said: (message, after = 0) =>
      until(() =>
        lines()
          .slice(after)
          .find((line) => line['message'] === message),
      ),
    pids: () => {
      const pids = new Map<number, number>()
      for (const { message, worker, pid } of lines()) if (message === 'worker serves') pids.set(worker, pid)
      return [...pids].toSorted(([a], [b]) => a - b).map(([, pid]) => pid)
    },
  }
  // The address and the log come through two pipes: one may be read before the other.
  const ready = () => crew.url !== '' && crew.pids().length === 2
  await until(() => ready() || (child.exitCode !== null && Promise.reject(new Error(output.err))))
  return crew
}

/** Looks again and again until there is something. */
async function until<T>(look: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== null && found !== false) return found
    await sleep(10)
  }
}

/** One connection for each worker: connections go round. */
function connections(count = 2): readonly Agent[] {
  return Array.from({ length: count }, () => new Agent({ keepAlive: true, maxSockets: 1 }))
}

const chat = (crew: Crew, agent: Agent, model: string, extra: object = {}) =>
  ask(`${crew.url}/v1/chat/completions`, {
    agent,
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi' }], ...extra }),
  })

/** News take a moment to get round; on a busy machine a client can be faster. */
const newsWentRound = () => sleep(250)

/** Which worker answered a request, as the log says. */
const workerOf = async (crew: Crew, answer: { readonly headers: Readonly<Record<string, unknown>> }) => {
  const id = answer.headers['x-dragoman-request-id']
  return (await until(() => crew.lines().find(({ requestId }) => requestId === id)))['worker']
}

let simulator: Simulator
beforeAll(async () => (simulator = await startSimulator({ checks: 'lenient' })))
afterEach(() => simulator.reset())
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  await simulator.close()
})

describe('workers', () => {
  let crew: Crew
  let one: Agent
  let other: Agent
  beforeAll(async () => {
    crew = await startCrew(config(simulator.url))
    ;[one, other] = connections() as [Agent, Agent]
  })

  it('take connections in turn, and are one gateway in /health and `status`', async () => {
    simulator.respond(() => ({ text: 'fine' }))
    const workers = [await workerOf(crew, await chat(crew, one, 'both'))]
    workers.push(await workerOf(crew, await chat(crew, other, 'both')))
    expect(workers.toSorted()).toEqual([1, 2])
    const health = await Promise.all([one, other].map((agent) => ask(`${crew.url}/health`, { agent })))
    expect(new Set(health.map(({ json }) => json.instance)).size).toBe(1)
    expect(health.map(({ json }) => json.workers)).toEqual([2, 2])
    const status = spawn(process.execPath, [MAIN, 'status', '--json'], {
      cwd: crew.folder,
      env: { PATH: process.env['PATH'], HOME: crew.folder, DRAGOMAN_STATE_DIR: crew.folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    expect(JSON.parse(await text(status.stdout))).toMatchObject({
      running: true,
      pid: crew.child.pid,
      workers: 2,
      others: [],
    })
  })

  it('stay away from a target that one of them was told to leave alone', async () => {
    simulator.respond(({ headers }) =>
      headers['authorization']?.includes('east')
        ? { error: { status: 429, message: 'slow down', headers: { 'retry-after': '30' } } }
        : { text: 'fine' },
    )
    const first = await chat(crew, one, 'both')
    expect(first.headers['x-dragoman-target']).toBe('west/gpt')
    expect(simulator.requests).toHaveLength(2)
    await newsWentRound()
    const second = await chat(crew, other, 'both')
    expect(second.headers['x-dragoman-target']).toBe('west/gpt')
    expect(simulator.requests).toHaveLength(3)
    expect(await workerOf(crew, second)).not.toBe(await workerOf(crew, first))
  })

  it('use the lessons that one of them learnt', async () => {
    simulator.respond(({ body }) =>
      'context_management' in body
        ? {
            error: {
              status: 400,
              type: 'invalid_request_error',
              message: 'context_management: Extra inputs are not permitted',
            },
          }
        : { text: 'taken' },
    )
    const body = JSON.stringify({
      model: 'claude/claude-opus-5-5',
      max_tokens: 100,
      context_management: { edits: [] },
      messages: [{ role: 'user', content: 'Hi' }],
    })
    const counts: number[] = []
    for (const agent of [one, other]) {
      const { status } = await ask(`${crew.url}/v1/messages`, { agent, body })
      expect(status).toBe(200)
      counts.push(simulator.requests.length)
      await newsWentRound()
    }
    expect(counts).toEqual([2, 3])
  })

  it('open the seals, and know the reasoning, that another one gave away', async () => {
    simulator.enqueue({ thinking: 'A thought', toolCalls: [{ name: 'look', input: { at: 'it' } }] })
    const opening = {
      model: 'foundry/claude-sonnet-5-5',
      reasoning_effort: 'high',
      tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }],
      messages: [{ role: 'user', content: 'Look' }],
    }
    const { choices } = (await chat(crew, one, opening.model, opening)).json
    const { role, content, tool_calls } = choices[0].message
    const calls = tool_calls.map(({ id, type, function: { name, arguments: input } }: any) => ({
      id,
      type,
      function: { name, arguments: input },
    }))
    const messages = [
      ...opening.messages,
      { role, content, tool_calls: calls },
      { role: 'tool', tool_call_id: calls[0].id, content: 'seen' },
    ]
    await newsWentRound()
    expect((await chat(crew, other, opening.model, { ...opening, messages })).status).toBe(200)
    expect(JSON.stringify(simulator.last.body)).toContain('"thinking":"A thought","signature"')
  })

  it('all take an edited config', async () => {
    const before = crew.lines().length
    writeFileSync(join(crew.folder, 'dragoman.yaml'), config(simulator.url, '  fresh: west/gpt'))
    await crew.said('Configuration reloaded', before)
    for (const agent of [one, other]) {
      const { json } = await ask(`${crew.url}/v1/models`, { agent })
      expect(json.data.map(({ id }: { id: string }) => id)).toContain('fresh')
    }
  })

  it('are replaced when they die; the others go on, and the new one knows what they know', async () => {
    simulator.respond(() => ({ text: 'fine' }))
    const victim = await workerOf(crew, await chat(crew, one, 'both'))
    const before = crew.lines().length
    process.kill(crew.pids()[victim - 1]!, 'SIGKILL')
    const survivors = Array.from({ length: 5 }, () => chat(crew, other, 'west/gpt'))
    expect((await Promise.all(survivors)).map(({ status }) => status)).toEqual(Array(5).fill(200))
    await crew.said('A worker died; it is started again', before)
    await crew.said('worker serves', before)

    // East was put aside for 30 seconds before this worker began.
    const agents = connections()
    const answers = await Promise.all(agents.map((agent) => chat(crew, agent, 'both')))
    expect(new Set(await Promise.all(answers.map((answer) => workerOf(crew, answer))))).toEqual(
      new Set([1, 2]),
    )
    expect(answers.map(({ headers }) => headers['x-dragoman-target'])).toEqual(['west/gpt', 'west/gpt'])
    agents.forEach((agent) => agent.destroy())
  })

  it('are replaced one by one on SIGHUP under load, and no request fails', async () => {
    simulator.respond(() => ({ text: 'fine' }))
    // Idle connections keep a worker that was replaced for some seconds.
    for (const agent of [one, other]) agent.destroy()
    const pids = crew.pids()
    const before = crew.lines().length
    const load = { on: true }
    const loops = connections(4).map(async (agent, index) => {
      const statuses: number[] = []
      // Half of them come with a new connection each time.
      while (load.on) {
        const each = index % 2 === 0 ? agent : new Agent()
        statuses.push((await chat(crew, each, 'west/gpt')).status)
        // New workers need the machine as well.
        await sleep(5)
      }
      agent.destroy()
      return statuses
    })
    crew.child.kill('SIGHUP')
    await crew.said('All workers were replaced', before)
    await until(() => pids.every((pid) => !isAlive(pid)))
    load.on = false
    const statuses = (await Promise.all(loops)).flat()
    expect(statuses.filter((status) => status !== 200)).toEqual([])
    expect(statuses.length).toBeGreaterThan(10)
    expect(crew.pids()).toHaveLength(2)
    expect((await ask(`${crew.url}/health`)).json.workers).toBe(2)
  })

  it('finish their answers when the gateway stops, and are gone with it', async () => {
    const pids = crew.pids()
    simulator.respond(() => ({ text: 'one two three four five six', faults: { pacingMs: 50 } }))
    const streams = await Promise.all(
      [1, 2].map(() =>
        fetch(`${crew.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', connection: 'close' },
          body: JSON.stringify({
            model: 'west/gpt',
            stream: true,
            messages: [{ role: 'user', content: 'Hi' }],
          }),
        }),
      ),
    )
    crew.child.kill('SIGTERM')
    const read = await Promise.all(streams.map((stream) => readSse(stream)))
    for (const { events } of read) expect(events.at(-1)?.data).toBe('[DONE]')
    await until(() => crew.child.exitCode !== null)
    expect(crew.child.exitCode).toBe(0)
    expect(pids.filter(isAlive)).toEqual([])
  })
})

describe('a gateway of several workers', () => {
  it('says what keeps it from listening, once, and ends', async () => {
    const squatter = createServer().listen(0, '127.0.0.1')
    await once(squatter, 'listening')
    const { port } = squatter.address() as { port: number }
    const started = startCrew(config(simulator.url, '', port))
    await expect(started).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken`)
    squatter.close()
  })

  it('takes its workers along when it is killed', async () => {
    const crew = await startCrew(config(simulator.url))
    const pids = crew.pids()
    expect(pids.map(isAlive)).toEqual([true, true])
    crew.child.kill('SIGKILL')
    await until(() => pids.every((pid) => !isAlive(pid)))
  })
})
