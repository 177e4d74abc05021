import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { GatewayError } from '../errors.ts'
import { clientClosed } from './refusal.ts'

/** A request that a connection is busy with. */
export type Occupant = { readonly request: IncomingMessage; abort(reason: GatewayError): void }

type Connection = {
  readonly occupants: Set<Occupant>
  served: number
  /** Close it when the last occupant leaves. */
  closing: boolean
  /** What comes in is no HTTP any more. */
  malformed: boolean
}

/** Every open connection and what it is busy with: for draining, for aborts, and for malformed input. */
export class Connections {
  readonly #open = new Map<Socket, Connection>()
  #draining = false
  #lastUse = false

  add(socket: Socket): void {
    const connection: Connection = {
      occupants: new Set(),
      served: 0,
      closing: this.#draining,
      malformed: false,
    }
    this.#open.set(socket, connection)
    socket.on('close', () => {
      this.#open.delete(socket)
      // A pipelined answer that has not got its turn hears nothing from Node; this reaches it too.
      for (const occupant of connection.occupants) occupant.abort(clientClosed())
    })
  }

  enter(socket: Socket, occupant: Occupant): void {
    const connection = this.#open.get(socket)
    if (connection === undefined) return occupant.abort(clientClosed())
    connection.occupants.add(occupant)
    connection.served += 1
    if (this.#lastUse) connection.closing = true
  }

  leave(socket: Socket, occupant: Occupant): void {
    const connection = this.#open.get(socket)
    if (connection === undefined) return
    connection.occupants.delete(occupant)
    if (connection.closing && connection.occupants.size === 0) socket.destroySoon()
  }

  /** Takes no further request on this connection. Returns what it is busy with; undefined when told before. */
  condemn(socket: Socket): readonly Occupant[] | undefined {
    const connection = this.#open.get(socket)
    if (connection === undefined || connection.malformed) return undefined
    connection.malformed = true
    connection.closing = true
    return [...connection.occupants]
  }

  /** Closes every connection after the next request that it begins: only that one's answer can say so in time. */
  closeAfterNext(): void {
    this.#lastUse = true
  }

  /** Closes idle connections now and the others after their answer. */
  drain(): void {
    this.#draining = true
    for (const [socket, connection] of this.#open) {
      // Bytes without a request are a request's first half: it may still be answered.
      const arriving = connection.served === 0 && socket.bytesRead > 0
      if (connection.occupants.size === 0 && !arriving) socket.destroy()
      else connection.closing = true
    }
  }

  destroyAll(): void {
    for (const socket of this.#open.keys()) socket.destroy()
  }
}
