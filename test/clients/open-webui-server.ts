import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CACHE, type Installed } from './install.ts'
import { temporaryFolder } from './run-client.ts'

const run = promisify(execFile)

const VERSION = '0.12.4'
const VENV = join(CACHE, `open-webui-${VERSION}`)
const BIN = join(VENV, 'bin')

/** What it needs for local models, speech and search in documents: gigabytes, and it starts without. */
const TOO_LARGE =
  'accelerate einops faster-whisper opencv-python-headless opensearch-py pyarrow rapidocr sentence-transformers sentencepiece soundfile transformers'

/** Prints the requirements of the installed package that are left, one a line. */
const REQUIREMENTS = `
import re, sys
from importlib.metadata import requires
for line in requires('open-webui'):
    if 'extra ==' not in line and re.match('[A-Za-z0-9_.-]+', line)[0] not in sys.argv[1].split():
        print(line)
`

/** Installs Open WebUI from PyPI into the cache of clients: a gigabyte, and Python 3.11 or 3.12. Never throws. */
export async function installOpenWebUi(): Promise<Installed> {
  const path = join(BIN, 'open-webui')
  if (existsSync(join(VENV, 'ready'))) return { path }
  try {
    await run(await findPython(), ['-m', 'venv', '--clear', VENV])
    const pip = (...args: string[]) =>
      run(join(BIN, 'python'), ['-m', 'pip', 'install', '--quiet', ...args], { timeout: 300_000 })
    await pip('--no-deps', `open-webui==${VERSION}`)
    const { stdout } = await run(join(BIN, 'python'), ['-c', REQUIREMENTS, TOO_LARGE])
    await pip(...stdout.trim().split('\n'))
    await run('touch', [join(VENV, 'ready')])
    return { path }
  } catch (error) {
    return { missing: `Open WebUI ${VERSION} cannot be installed here: ${String(error).split('\n')[0]}` }
  }
}

async function findPython(): Promise<string> {
  for (const name of ['python3.12', 'python3.11', 'python3']) {
    try {
      const { stdout } = await run(name, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'])
      if (/^3\.1[12]$/.test(stdout.trim())) return name
    } catch {
      continue
    }
  }
  throw new Error('there is neither Python 3.11 nor 3.12')
}

export type OpenWebUi = {
  /** Asks its API as its administrator; the answer's JSON and status. */
  ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<{ status: number; json: any }>
  stop(): Promise<void>
}

/** Starts Open WebUI before a gateway, with data that are thrown away, and signs in. */
export async function startOpenWebUi(command: string, gateway: string): Promise<OpenWebUi> {
  const folder = await temporaryFolder()
  const port = await freePort()
  const child = spawn(command, ['serve', '--host', '127.0.0.1', '--port', String(port)], {
    cwd: folder.path,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: folder.path,
      DATA_DIR: folder.path,
      WEBUI_AUTH: 'False',
      WEBUI_SECRET_KEY: 'thrown away',
      OFFLINE_MODE: 'true',
      HF_HUB_OFFLINE: '1',
      RAG_EMBEDDING_ENGINE: 'openai',
      ENABLE_OLLAMA_API: 'false',
      OPENAI_API_BASE_URL: `${gateway}/v1`,
      OPENAI_API_KEY: 'a-local-token',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => void (said += chunk.toString()))
  const ended = new Promise<void>((resolve) => void child.on('close', () => resolve()))
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
    await folder.remove()
  }
  const url = `http://127.0.0.1:${port}`
  let token = ''
  const ask: OpenWebUi['ask'] = async (method, path, body) => {
    const response = await fetch(url + path, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: response.status, json: await response.json() }
  }
  try {
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`Open WebUI ended: ${said.slice(-2000)}`)
      const answer = await fetch(`${url}/health`).catch(() => undefined)
      return answer?.ok === true ? true : undefined
    })
    token = (await ask('POST', '/api/v1/auths/signin', { email: '', password: '' })).json.token
    return { ask, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Asks again and again until there is an answer. */
export async function until<T>(answer: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 400; tries++) {
    const found = await answer()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new Error('there was no answer in time')
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
