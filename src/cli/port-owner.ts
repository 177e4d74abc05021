import { execFile } from 'node:child_process'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { basename } from 'node:path'
import { askHealth, localUrl } from './daemon/health.ts'

const PATIENCE_MS = 500

/** Who listens on a port, as far as the system tells: `a Dragoman gateway, node (pid 4711)`. */
export async function portOwner(host: string, port: number): Promise<string | undefined> {
  const [gateway, program] = await Promise.all([
    askHealth(localUrl(host, port), PATIENCE_MS),
    process.platform === 'linux' ? linuxOwner(port) : lsofOwner(port),
  ])
  return (
    [gateway.kind === 'gateway' ? 'a Dragoman gateway' : undefined, program].filter(Boolean).join(', ') ||
    undefined
  )
}

/** The process whose socket listens on the port, by way of /proc. Only own processes show their sockets. */
async function linuxOwner(port: number): Promise<string | undefined> {
  const inodes = new Set<string>()
  for (const family of ['tcp', 'tcp6']) {
    const lines = (await readFile(`/proc/net/${family}`, 'utf8').catch(() => '')).split('\n')
    for (const line of lines) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/)
      // 0A is LISTEN; addresses are hexadecimal.
      if (state === '0A' && inode !== undefined && Number.parseInt(local?.split(':')[1] ?? '', 16) === port)
        inodes.add(`socket:[${inode}]`)
    }
  }
  if (inodes.size === 0) return undefined
  const processes = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  for (const pid of processes) {
    for (const descriptor of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      if (!inodes.has(await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => ''))) continue
      const name = basename(await readlink(`/proc/${pid}/exe`).catch(() => ''))
      return `${name || 'a process'} (pid ${pid})`
    }
  }
  return undefined
}

function lsofOwner(port: number): Promise<string | undefined> {
  const args = ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']
  return new Promise((settle) => {
    execFile('lsof', args, { timeout: 2000 }, (error, stdout) => {
      const pid = /^p(\d+)$/m.exec(stdout)?.[1]
      const name = /^c(.+)$/m.exec(stdout)?.[1]
      settle(error === null && pid !== undefined ? `${name ?? 'a process'} (pid ${pid})` : undefined)
    })
  })
}
