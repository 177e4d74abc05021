import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sandbox, type Sandbox } from '../../../test/support/cli.ts'
import { startSimulator } from '../../simulator/simulator.ts'

const KEY = 'sk-live-abcdefghijklmnopqrstuvwxyz'
const config = (port = 0, endpoint = 'acme') => `server: { port: ${port} }
providers:
  azure: { type: azure-openai, endpoint: "${endpoint}", apiKey: "${KEY}" }
models: { "*": azure/big }
`

const home = (port?: number) => sandbox({ 'dragoman.yaml': config(port) })

async function status(box: Sandbox) {
  const { code, out } = await box.run(['status', '--json'])
  return { code, ...JSON.parse(out) }
}

async function recordFile(box: Sandbox): Promise<string> {
  const name = (await readdir(box.stateDir)).find((each) => /^gateway-.*\.json$/.test(each))
  if (name === undefined) throw new Error('there is no pid file')
  return join(box.stateDir, name)
}

/** A port that nobody has at the moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

describe('start --detach', () => {
  it('returns when the gateway answers as the one that was started, and leaves it running', async () => {
    const box = await home()
    const { code, out } = await box.run(['start', '--detach'])
    const [, url, pid] = /listens on (\S+) \(pid (\d+)/.exec(out) ?? []
    expect(code).toBe(0)
    const record = JSON.parse(await readFile(await recordFile(box), 'utf8'))
    expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ instance: record.instance })
    expect(record).toMatchObject({
      pid: Number(pid),
      host: '127.0.0.1',
      config: join(box.folder, 'dragoman.yaml'),
    })
    expect((await stat(await recordFile(box))).mode & 0o777).toBe(0o600)
    expect((await stat(record.log)).mode & 0o777).toBe(0o600)
    expect(await status(box)).toMatchObject({ code: 0, running: true, pid: Number(pid), url })
  })

  it('refuses when one runs with this config already, unless told that this is well', async () => {
    const box = await home()
    await box.run(['start', '--detach'])
    const again = await box.run(['start', '--detach'])
    expect(again).toMatchObject({
      code: 1,
      err: expect.stringContaining('already runs at http://127.0.0.1:'),
    })
    const { pid } = await status(box)
    expect(await box.run(['start', '--detach', '--ensure'])).toMatchObject({
      code: 0,
      out: expect.stringContaining(`(pid ${pid})`),
    })
  })

  it('starts one gateway when two are asked for at once', async () => {
    const box = await home(await freePort())
    const both = await Promise.all([
      box.run(['start', '--detach', '--ensure']),
      box.run(['start', '--detach', '--ensure']),
    ])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    expect((await status(box)).others).toEqual([])
  })

  it('prints why the gateway did not start', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const box = await home((holder.address() as { port: number }).port)
    const { code, err } = await box.run(['start', '--detach'])
    holder.close()
    expect(code).toBe(1)
    expect(err).toMatch(
      /The gateway did not start: it ended with code 1\.\n.*Port \d+ on 127\.0\.0\.1 is taken by/s,
    )
  })

  it('reports a broken config before it starts anything', async () => {
    const box = await sandbox({ 'dragoman.yaml': 'retires: 1\n' })
    expect(await box.run(['start', '--detach'])).toMatchObject({ code: 78 })
    expect((await status(box)).code).toBe(1)
  })

  it('does not start by itself where AZURE_OPENAI_AUTO_START says no', async () => {
    const box = await home()
    const env = { AZURE_OPENAI_AUTO_START: 'false' }
    expect(await box.run(['start', '--detach', '--ensure'], { env })).toMatchObject({ code: 0 })
    expect((await status(box)).running).toBe(false)
    await box.run(['start', '--detach'], { env })
    expect((await status(box)).running).toBe(true)
  })
})

describe('stop', () => {
  it('waits until answers under way are finished', async () => {
    const simulator = await startSimulator()
    const box = await sandbox({ 'dragoman.yaml': config(0, simulator.url) })
    await box.run(['start', '--detach'])
    const { url, pid } = await status(box)
    simulator.enqueue({ text: 'the whole answer', faults: { firstByteDelayMs: 1200 } })
    const arrived = simulator.next()
    const answer = fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'any', messages: [{ role: 'user', content: 'Hello' }] }),
    })
    await arrived
    const stopped = await box.run(['stop'])
    expect(stopped.out).toContain('Waiting for answers under way')
    expect(stopped.out).toContain(`(pid ${pid}); its answers are finished`)
    expect(await (await answer).text()).toContain('the whole answer')
    expect((await status(box)).running).toBe(false)
    await simulator.close()
  })

  it('is content when nothing runs', async () => {
    const box = await home()
    expect(await box.run(['stop'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('No gateway runs'),
    })
  })

  it('works when the config is broken by now', async () => {
    const box = await home()
    await box.run(['start', '--detach'])
    await box.write('dragoman.yaml', 'retires: 1\n')
    expect(await box.run(['stop'])).toMatchObject({ code: 0, out: expect.stringContaining('Stopped') })
  })

  it('never ends another program that has the pid by now, and says that the pid file was stale', async () => {
    const box = await home()
    await box.run(['start', '--detach'])
    const file = await recordFile(box)
    const record = JSON.parse(await readFile(file, 'utf8'))
    await box.run(['stop'])
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    await writeFile(file, JSON.stringify({ ...record, pid: stranger.pid }))
    const { code, err } = await box.run(['stop'])
    expect(code).toBe(0)
    expect(err).toMatch(
      new RegExp(`Removed the stale pid file .*: process ${stranger.pid} is another program`),
    )
    expect(stranger.exitCode).toBe(null)
    stranger.kill('SIGKILL')
    await expect(stat(file)).rejects.toThrow('ENOENT')
  })
})

describe('status, logs and restart', () => {
  it('clean up after a gateway that was killed', async () => {
    const box = await home()
    await box.run(['start', '--detach'])
    const { pid } = await status(box)
    process.kill(pid, 'SIGKILL')
    const after = await box.run(['status'])
    expect(after.code).toBe(1)
    expect(after.err).toContain(`Removed the stale pid file`)
    expect((await box.run(['status'])).err).toBe('')
  })

  it('knows a gateway in the foreground too', async () => {
    const box = await home()
    const { child, said, ended } = box.launch(['start'])
    const [, url] = await said(/listens on (\S+)/)
    expect(await status(box)).toMatchObject({ running: true, url, pid: child.pid })
    expect(await box.run(['logs'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('runs in a terminal'),
    })
    child.kill('SIGTERM')
    await ended
    expect(await readdir(box.stateDir)).toEqual(['secret'])
  })

  it('shows the log as it is written, without secrets', async () => {
    const box = await home()
    await box.run(['start', '--detach', '--log-level', 'debug'])
    const { out } = await box.run(['logs'])
    expect(out).toContain('listens on')
    expect(out).not.toContain(KEY)
    const { child, said, ended } = box.launch(['logs', '-f', '-n', '1'])
    await said(/listens on/)
    await box.write('dragoman.yaml', config().replace('models', 'retries: 1\nmodels'))
    await said(/Configuration reloaded/)
    child.kill('SIGINT')
    expect((await ended).code).toBe(0)
  })

  it('starts anew with the same config, and not at all when that is broken', async () => {
    const box = await home()
    await box.run(['start', '--detach'])
    const before = await status(box)
    expect((await box.run(['restart'])).code).toBe(0)
    const after = await status(box)
    expect(after).toMatchObject({ running: true, config: before.config })
    expect(after.instance).not.toBe(before.instance)
    await box.write('dragoman.yaml', 'retires: 1\n')
    expect((await box.run(['restart'])).code).toBe(78)
    expect(await status(box)).toMatchObject({ running: true, instance: after.instance })
  })
})
