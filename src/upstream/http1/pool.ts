import net from 'node:net'
import tls from 'node:tls'
import { systemClock } from '../../stream/clock.ts'
import { trusting } from '../trust.ts'
import { Connection, type Carried, type Home, type Wire } from './connection.ts'

/** What the connections of a pool have in common. */
export type PoolOptions = {
  readonly secure: boolean
  /** A name or an address, without brackets. */
  readonly host: string
  readonly port: number
  /** The name that the certificate must be for; empty where the host is an address. */
  readonly serverName: string
  /** PEM. */
  readonly ca: string | undefined
  /** Milliseconds for which an idle connection is kept when the upstream does not say. */
  readonly keepAliveMs: number
}

/** The upstream's own limit ends a little after ours: a request on its way when it closes is lost. Milliseconds. */
const KEEP_ALIVE_MARGIN = 1_000
const LONGEST_KEEP_ALIVE = 600_000

/** Between two looks for connections that have been idle for too long. Milliseconds. */
const SWEEP_EVERY = 5_000

/** The connections to one origin. Those that are free are used again, the last one first. */
export class Pool implements Home {
  readonly #options: PoolOptions
  readonly #idle: Connection[] = []
  readonly #all = new Set<Connection>()
  #session: Buffer | undefined
  #sweep: NodeJS.Timeout | undefined
  #closing: PromiseWithResolvers<void> | undefined

  constructor(options: PoolOptions) {
    this.#options = options
  }

  /**
   * Sends a request.
   *
   * @param choice `fresh`: on a connection of its own
   * @param connectMs for a new connection; 0 means for ever
   */
  send(wire: Wire, carried: Carried, choice: 'any' | 'fresh', connectMs: number): Connection {
    const connection = (choice === 'any' ? this.#takeIdle() : undefined) ?? this.#connect(connectMs)
    connection.carry(wire, carried)
    return connection
  }

  /** Closes what is idle, and the rest when it is done. */
  async close(): Promise<void> {
    this.#closing ??= Promise.withResolvers<void>()
    clearTimeout(this.#sweep)
    for (const connection of this.#idle.splice(0)) connection.destroy(noLonger())
    if (this.#all.size > 0) await this.#closing.promise
  }

  freed(connection: Connection): void {
    const { keepAliveMs } = this.#options
    const said = connection.keepAliveMs
    const keep = said === undefined ? keepAliveMs : Math.min(said - KEEP_ALIVE_MARGIN, LONGEST_KEEP_ALIVE)
    if (keep <= 0 || this.#closing !== undefined) {
      connection.destroy(noLonger())
      return
    }
    connection.usableUntil = systemClock.now() + keep
    this.#idle.push(connection)
    this.#sweep ??= setTimeout(this.#onSweep, SWEEP_EVERY).unref()
  }

  gone(connection: Connection): void {
    this.#all.delete(connection)
    const at = this.#idle.lastIndexOf(connection)
    if (at !== -1) this.#idle.splice(at, 1)
    if (this.#all.size === 0) this.#closing?.resolve()
  }

  #takeIdle(): Connection | undefined {
    for (;;) {
      const connection = this.#idle.pop()
      if (connection === undefined || connection.usableUntil > systemClock.now()) return connection
      connection.destroy(noLonger())
    }
  }

  readonly #onSweep = (): void => {
    this.#sweep = undefined
    const now = systemClock.now()
    const expired = this.#idle.filter(({ usableUntil }) => usableUntil <= now)
    for (const connection of expired) connection.destroy(noLonger())
    if (this.#idle.length > 0) this.#sweep = setTimeout(this.#onSweep, SWEEP_EVERY).unref()
  }

  #connect(connectMs: number): Connection {
    const { secure } = this.#options
    const connection = new Connection(this, {
      open: (onread) => (secure ? this.#connectSecurely(onread) : this.#connectPlainly(onread)),
      readyOn: secure ? 'secureConnect' : 'connect',
      connectMs,
    })
    this.#all.add(connection)
    return connection
  }

  #connectPlainly(onread: net.OnReadOpts): net.Socket {
    const { host, port } = this.#options
    return net.connect({ host, port, onread })
  }

  #connectSecurely(onread: net.OnReadOpts): net.Socket {
    const { host, port, serverName, ca } = this.#options
    // Node's documentation has `onread` for TLS; its types do not.
    const options: tls.ConnectionOptions & { readonly onread: net.OnReadOpts } = {
      host,
      port,
      onread,
      servername: serverName,
      ALPNProtocols: ['http/1.1'],
      ...(this.#session !== undefined && { session: this.#session }),
      ...trusting(ca),
    }
    return tls.connect(options).on('session', (session) => void (this.#session = session))
  }
}

const noLonger = (): Error => new Error('The connection is no longer needed')
