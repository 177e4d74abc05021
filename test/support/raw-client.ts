import { connect, type Socket } from 'node:net'

/** A TCP client for what no HTTP library would send. */
export type RawClient = {
  readonly socket: Socket
  send(text: string | Uint8Array): void
  /** Resolves with everything received so far, once it contains `text`. Rejects when the socket closes without. */
  until(text: string): Promise<string>
  /** Resolves with everything received when the server has closed its side. */
  closed(): Promise<string>
}

/** Connects to a loopback port. */
export async function rawClient(port: number): Promise<RawClient> {
  const socket = connect({ host: '127.0.0.1', port })
  let received = ''
  let over = false
  const checks = new Set<() => void>()
  const check = () => {
    for (const one of checks) one()
  }
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1')
    check()
  })
  socket.on('error', () => {})
  for (const event of ['end', 'close']) {
    socket.on(event, () => {
      over = true
      check()
    })
  }
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))

  const when = (happened: () => boolean, failure: string) =>
    new Promise<string>((resolve, reject) => {
      const one = () => {
        if (happened()) resolve(received)
        else if (over) reject(new Error(`${failure}; received: ${received.slice(0, 2000)}`))
        else return
        checks.delete(one)
      }
      checks.add(one)
      one()
    })

  return {
    socket,
    send: (text) => void socket.write(text),
    until: (text) => when(() => received.includes(text), `closed before ${JSON.stringify(text)}`),
    closed: () => when(() => over, 'not closed'),
  }
}
