import type { OnReadOpts, Socket } from 'node:net'
import { isReset } from '../failure.ts'
import type { ResponseHead } from './response-head.ts'
import { ResponseReader, type Reading } from './response-reader.ts'

/** A request as it goes over the wire. */
export type Wire = {
  readonly method: string
  /** One byte a character. */
  readonly head: string
  /** A string is ASCII. */
  readonly body: Buffer | string | undefined
  /** Whether the connection may be used again after it. */
  readonly persistent: boolean
  /** Milliseconds from the request to the end of the answer's head; 0 means for ever. */
  readonly firstByteMs: number
}

/** Whoever has the connection now, and hears what comes of it: `ended` or `failed`, once, at the end. */
export interface Carried {
  head(head: ResponseHead): void
  data(piece: Buffer): void
  ended(): void
  /** @param stale true when a kept connection turned out to be closed before a byte of an answer */
  failed(error: Error, stale: boolean): void
}

/** Where a connection belongs. */
export interface Home {
  /** It can take another request. */
  freed(connection: Connection): void
  /** It is closed. */
  gone(connection: Connection): void
}

export type ConnectionOptions = {
  /** Opens the socket, which is to hand what arrives to `onread`. */
  readonly open: (onread: OnReadOpts) => Socket
  /** The socket's event that says that it is ready. */
  readonly readyOn: 'connect' | 'secureConnect'
  /** Milliseconds until then; 0 means for ever. */
  readonly connectMs: number
}

/** Up to here one piece of text, a byte a character, costs less than two pieces. Bytes. */
const SMALL_BODY = 8 * 1024
/** From here on sending takes a time of its own. Bytes. */
const LARGE_BODY = 64 * 1024

/**
 * Where every connection's bytes arrive. They are copied out at once: Node would take 64 KB for each read, and give most of
 * it back.
 */
const ARRIVALS = Buffer.allocUnsafeSlow(64 * 1024)

/**
 * One connection, which carries one request at a time. Nothing that comes in when nothing was asked is ever given to
 * a request: such a connection is closed.
 */
export class Connection {
  /** Until when an idle one may be used again, by the clock of its home. */
  usableUntil = Infinity
  readonly #socket: Socket
  readonly #home: Home
  #ready = false
  #used = false
  #over = false
  #wire: Wire | undefined
  #carried: Carried | undefined
  #reader: ResponseReader | undefined
  /** What the answer's head says, and the request. */
  #persistent = false
  #keepAliveMs: number | undefined
  /** The reader of the answer wants no more for now. */
  #held = false
  #connecting: NodeJS.Timeout | undefined
  /** One timer for all answers; it runs on when the head has come, and then does nothing. */
  #headTimer: NodeJS.Timeout | undefined
  #headTimerMs = 0

  constructor(home: Home, { open, readyOn, connectMs }: ConnectionOptions) {
    const socket = open({
      buffer: ARRIVALS,
      callback: (size) => {
        this.#onData(Buffer.from(ARRIVALS.subarray(0, size)))
        return true
      },
    })
    this.#socket = socket
    this.#home = home
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 60_000)
    socket
      .once(readyOn, () => this.#onReady())
      .on('end', () => this.#onEnd())
      .on('error', (error) => this.destroy(error))
      .on('close', () => this.destroy(closedByPeer()))
    if (connectMs > 0) {
      const late = () => this.destroy(withCode('ETIMEDOUT', 'The connection was not made in time'))
      this.#connecting = setTimeout(late, connectMs)
    }
  }

  /** Milliseconds for which the upstream said to keep the connection idle. */
  get keepAliveMs(): number | undefined {
    return this.#keepAliveMs
  }

  /** Sends a request, at once or when the connection is made. */
  carry(wire: Wire, carried: Carried): void {
    this.#carried = carried
    this.#reader = new ResponseReader(wire.method, this)
    if (this.#used) this.#socket.ref()
    if (this.#ready) this.#send(wire)
    else this.#wire = wire
  }

  /** Asks the upstream to wait. One more read of the socket may come. */
  pause(): void {
    this.#held = true
  }

  resume(): void {
    this.#held = false
    if (this.#socket.isPaused()) this.#socket.resume()
  }

  /** Closes it at once. Whoever has it hears `failed`. */
  destroy(error: Error): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#connecting)
    clearTimeout(this.#headTimer)
    this.#wire = undefined
    this.#socket.destroy()
    const carried = this.#carried
    this.#carried = undefined
    this.#home.gone(this)
    carried?.failed(error, this.#used && this.#reader?.begun === false && isReset(error))
  }

  /** The reader has read the head. */
  head(head: ResponseHead): void {
    this.#persistent &&= head.persistent
    this.#keepAliveMs = head.keepAliveMs
    this.#carried?.head(head)
  }

  /** The reader has read a piece of the body. */
  data(piece: Buffer): void {
    this.#carried?.data(piece)
  }

  #onReady(): void {
    this.#ready = true
    clearTimeout(this.#connecting)
    const wire = this.#wire
    this.#wire = undefined
    if (wire !== undefined && !this.#over) this.#send(wire)
  }

  #send({ head, body, persistent, firstByteMs }: Wire): void {
    const socket = this.#socket
    this.#persistent = persistent
    this.#awaitHead(firstByteMs)
    if (body === undefined) socket.write(head, 'latin1')
    else if (typeof body === 'string') socket.write(head + body, 'latin1')
    else if (body.length < SMALL_BODY) socket.write(head + body.toString('latin1'), 'latin1')
    else {
      socket.cork()
      socket.write(head, 'latin1')
      if (body.length < LARGE_BODY) socket.write(body)
      else socket.write(body, this.#onLargeBodySent)
      socket.uncork()
    }
  }

  /** The upstream's time begins when it has the request. */
  readonly #onLargeBodySent = (): void => {
    if (this.#reader?.begun === false && !this.#over) this.#headTimer?.refresh()
  }

  #awaitHead(milliseconds: number): void {
    if (milliseconds === this.#headTimerMs) {
      this.#headTimer?.refresh()
      return
    }
    clearTimeout(this.#headTimer)
    this.#headTimerMs = milliseconds
    this.#headTimer = milliseconds > 0 ? setTimeout(this.#onHeadTimer, milliseconds).unref() : undefined
  }

  readonly #onHeadTimer = (): void => {
    if (this.#carried === undefined || this.#reader?.hasHead !== false) return
    this.destroy(withCode('ERR_HEAD_TIMEOUT', 'The upstream did not begin to answer in time'))
  }

  #onData(bytes: Buffer): void {
    const reader = this.#reader
    if (this.#carried === undefined || reader === undefined) {
      this.destroy(new Error('The upstream spoke without being asked'))
      return
    }
    const wasHeld = this.#held
    let reading: Reading
    try {
      reading = reader.read(bytes)
    } catch (thrown) {
      this.destroy(thrown as Error)
      return
    }
    if (reading !== 'more') this.#complete(reading === 'complete')
    // A body is held from its head on until someone reads it, which mostly happens before the next bytes come.
    else if (wasHeld && this.#held) this.#socket.pause()
  }

  /** The upstream sends no more. */
  #onEnd(): void {
    if (this.#carried !== undefined && this.#reader?.endsWithConnection === true) this.#complete(false)
    else this.destroy(closedByPeer())
  }

  #complete(alone: boolean): void {
    const carried = this.#carried
    if (this.#over || carried === undefined) return
    this.#carried = undefined
    this.#reader = undefined
    this.#held = false
    const socket = this.#socket
    // What answers before it has read the request has not read it, and would take the rest for the next one.
    if (alone && this.#persistent && socket.writableLength === 0 && !socket.destroyed) {
      this.#used = true
      if (socket.isPaused()) socket.resume()
      socket.unref()
      this.#home.freed(this)
    } else this.destroy(new Error('The connection is not kept'))
    carried.ended()
  }
}

const closedByPeer = (): Error => withCode('ECONNRESET', 'The other side closed the connection')

const withCode = (code: string, message: string): Error => Object.assign(new Error(message), { code })
