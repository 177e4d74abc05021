import { connect, type Socket } from 'node:net'
import { MARK, STAMP_DIGITS } from '../traffic/answer.ts'

/** One answer, as far as the load generator reads it. Times are milliseconds of the monotonic clock. */
export type Reply = {
  status: number
  /** Tokens, counted by their marks. */
  marks: number
  sentAt: number
  /** When the first token arrived. */
  firstAt: number
  endedAt: number
  /** Milliseconds from the upstream's write to our read, of every stamped token. */
  delays: number[]
  /** Kept where they were asked for. */
  bytes: Buffer[] | undefined
  /** What went wrong on the way, if anything did. */
  fault: string | undefined
}

/** What is to be done beyond counting. */
export type Wants = {
  /** Read the stamps of the tokens. */
  readonly stamps?: true
  /** Keep the bytes of the body. */
  readonly bytes?: true
  /** Called at the first token. */
  readonly begun?: () => void
}

/** How an answer ends. */
type Framing = { kind: 'length'; missing: number } | { kind: 'chunked'; tail: string } | { kind: 'close' }

const HEAD_END = Buffer.from('\r\n\r\n')
const MARK_CODE = MARK.charCodeAt(0)
const LAST_CHUNK = '\r\n0\r\n\r\n'

/**
 * A client with one connection and one request on it at a time. It reads as little as it can: status, framing, and
 * the marks of the tokens, so that it takes little of the rig's core.
 */
export class Client {
  readonly #port: number
  #socket: Socket | undefined
  #reply: Reply | undefined
  #done: ((reply: Reply) => void) | undefined
  #head: Buffer | undefined
  #framing: Framing | undefined
  #closeAfter = false
  #wants: Wants = {}
  /** The end of the last chunk, where a stamp was cut. */
  #cut: Buffer | undefined

  constructor(port: number) {
    this.#port = port
  }

  /** Sends a request (head and body as bytes); `done` gets its answer. Never fails: the reply says what went wrong. */
  send(request: Buffer, done: (reply: Reply) => void, wants: Wants = {}): void {
    this.#wants = wants
    this.#reply = {
      status: 0,
      marks: 0,
      sentAt: performance.now(),
      firstAt: 0,
      endedAt: 0,
      delays: [],
      bytes: wants.bytes ? [] : undefined,
      fault: undefined,
    }
    this.#done = done
    this.#framing = undefined
    this.#head = undefined
    this.#cut = undefined
    this.#socket ??= this.#open()
    this.#socket.write(request)
  }

  close(): void {
    this.#done = undefined
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #open(): Socket {
    const socket = connect({ host: '127.0.0.1', port: this.#port, noDelay: true })
    this.#closeAfter = false
    socket.on('data', (chunk: Buffer) => {
      if (socket === this.#socket) this.#read(chunk)
    })
    socket.on('error', (error) => {
      if (socket === this.#socket) this.#end(error.message)
    })
    socket.on('close', () => {
      if (socket !== this.#socket) return
      this.#socket = undefined
      if (this.#reply !== undefined)
        this.#end(this.#framing?.kind === 'close' ? undefined : 'connection closed')
    })
    return socket
  }

  #read(chunk: Buffer): void {
    const reply = this.#reply
    if (reply === undefined) return
    let body = chunk
    if (this.#framing === undefined) {
      const bytes = this.#head === undefined ? chunk : Buffer.concat([this.#head, chunk])
      const end = bytes.indexOf(HEAD_END)
      if (end < 0) {
        this.#head = bytes
        return
      }
      const head = bytes.toString('latin1', 0, end)
      reply.status = Number(head.slice(9, 12))
      this.#framing = framingOf(head)
      this.#closeAfter = /\r\nconnection: *close/i.test(head)
      body = bytes.subarray(end + HEAD_END.length)
    }
    reply.bytes?.push(body)
    this.#count(reply, body)
    if (this.#isLast(this.#framing, body)) this.#end(undefined)
  }

  #count(reply: Reply, body: Buffer): void {
    const before = reply.marks
    const bytes = this.#cut === undefined ? body : Buffer.concat([this.#cut, body])
    this.#cut = undefined
    const now = performance.now()
    for (let at = bytes.indexOf(MARK_CODE); at >= 0; at = bytes.indexOf(MARK_CODE, at + 1)) {
      if (this.#wants.stamps) {
        if (at + STAMP_DIGITS >= bytes.length) {
          this.#cut = bytes.subarray(at)
          break
        }
        const stamp = Number(bytes.toString('latin1', at + 1, at + 1 + STAMP_DIGITS))
        if (stamp > 0) reply.delays.push(now - stamp / 1000 + CLOCK_OFFSET)
      }
      reply.marks += 1
    }
    if (before > 0 || reply.marks === 0) return
    reply.firstAt = now
    this.#wants.begun?.()
  }

  #isLast(framing: Framing, body: Buffer): boolean {
    if (framing.kind === 'length') return (framing.missing -= body.length) <= 0
    if (framing.kind === 'close') return false
    const end = body.toString('latin1', Math.max(0, body.length - LAST_CHUNK.length))
    framing.tail = (framing.tail + end).slice(-LAST_CHUNK.length)
    return framing.tail === LAST_CHUNK
  }

  #end(fault: string | undefined): void {
    const reply = this.#reply
    const done = this.#done
    this.#reply = undefined
    if (this.#closeAfter || fault !== undefined) {
      this.#socket?.destroy()
      this.#socket = undefined
    }
    if (reply === undefined) return
    reply.endedAt = performance.now()
    reply.fault = fault
    done?.(reply)
  }
}

/** What `performance.now()` lacks to the clock that all processes of the machine share, in milliseconds. */
const CLOCK_OFFSET = Number(process.hrtime.bigint()) / 1e6 - performance.now()

function framingOf(head: string): Framing {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)
  if (length !== null) return { kind: 'length', missing: Number(length[1]) }
  return /\r\ntransfer-encoding: *chunked/i.test(head) ? { kind: 'chunked', tail: '\r\n' } : { kind: 'close' }
}
