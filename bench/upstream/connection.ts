import type { Socket } from 'node:net'
import type { Scenario } from '../traffic/answer.ts'
import { replyOf, type WireReply } from '../traffic/frames.ts'
import type { WireProtocol } from '../traffic/protocols.ts'
import type { PacedStreams } from './paced-streams.ts'

/** What all connections share. */
export type Site = {
  scenario: Scenario
  readonly paced: PacedStreams
  capturing(): boolean
  /** A request is complete; with its body where that was wanted. */
  received(protocol: WireProtocol | undefined, body: string | undefined): void
}

const HEAD_END = Buffer.from('\r\n\r\n')
const LAST_CHUNK = Buffer.from('0\r\n\r\n')
const NOT_FOUND = Buffer.from(
  'HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n{}',
)
/** What one packet of Ethernet carries. Bytes. */
const SEGMENT = 1448
/** Events that an open stream gets before it falls silent. */
const HELD_FRAMES = 4

/** One connection of a gateway. Reads just enough HTTP/1.1 to know where a request ends; requests are not pipelined. */
export class Connection {
  readonly #socket: Socket
  readonly #site: Site
  #head: Buffer | undefined
  #protocol: WireProtocol | undefined
  /** Bytes of the body still to come; infinite in a chunked one. */
  #missing = 0
  #inBody = false
  #body: Buffer[] | undefined

  constructor(socket: Socket, site: Site) {
    this.#socket = socket
    this.#site = site
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', () => socket.destroy())
  }

  #read(chunk: Buffer): void {
    if (this.#inBody) return this.#readBody(chunk)
    const bytes = this.#head === undefined ? chunk : Buffer.concat([this.#head, chunk])
    const end = bytes.indexOf(HEAD_END)
    if (end < 0) {
      this.#head = bytes
      return
    }
    this.#head = undefined
    const head = bytes.toString('latin1', 0, end)
    this.#protocol = protocolOf(head)
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)
    this.#missing =
      length === null ? (/\r\ntransfer-encoding: *chunked/i.test(head) ? Infinity : 0) : Number(length[1])
    this.#inBody = true
    this.#body = this.#site.capturing() ? [] : undefined
    this.#readBody(bytes.subarray(end + HEAD_END.length))
  }

  #readBody(chunk: Buffer): void {
    this.#body?.push(chunk)
    this.#missing -= chunk.length
    const complete =
      this.#missing === Infinity
        ? chunk.length >= LAST_CHUNK.length && chunk.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)
        : this.#missing <= 0
    if (!complete) return
    this.#inBody = false
    this.#site.received(this.#protocol, this.#body && Buffer.concat(this.#body).toString())
    this.#answer()
  }

  #answer(): void {
    const { scenario, paced } = this.#site
    if (this.#protocol === undefined) return void this.#socket.write(NOT_FOUND)
    const { whole, head, frames, all } = prepared(this.#protocol, scenario)
    if (whole !== undefined) this.#socket.write(whole)
    else if (scenario.pacing.kind === 'burst') this.#writeSegments(all)
    else if (scenario.pacing.kind === 'paced') paced.open(this.#socket, head, frames)
    else
      this.#socket.write(Buffer.concat([head, ...frames.slice(0, HELD_FRAMES).map((frame) => frame.bytes)]))
  }

  /** As a network delivers a burst: packet by packet, cut anywhere. */
  #writeSegments(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += SEGMENT) this.#socket.write(bytes.subarray(at, at + SEGMENT))
  }
}

/** By how the path ends; a query may follow. */
function protocolOf(head: string): WireProtocol | undefined {
  const end = /^POST \S*\/(chat\/completions|responses|messages)[ ?]/.exec(head)?.[1]
  return end === 'chat/completions' ? 'chat' : (end as WireProtocol | undefined)
}

type Prepared = {
  readonly whole: Buffer | undefined
  readonly head: Buffer
  readonly frames: Extract<WireReply, { kind: 'stream' }>['frames']
  /** Head and frames in one piece. */
  readonly all: Buffer
}

const NOTHING = Buffer.alloc(0)
const cache = new Map<string, Prepared>()

function prepared(protocol: WireProtocol, scenario: Scenario): Prepared {
  const key = `${protocol} ${scenario.shape} ${scenario.stream}`
  let found = cache.get(key)
  if (found === undefined) {
    const reply = replyOf(protocol, scenario)
    found =
      reply.kind === 'whole'
        ? { whole: reply.bytes, head: NOTHING, frames: [], all: NOTHING }
        : {
            whole: undefined,
            ...reply,
            all: Buffer.concat([reply.head, ...reply.frames.map((frame) => frame.bytes)]),
          }
    cache.set(key, found)
  }
  return found
}
