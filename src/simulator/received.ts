import { inspect } from 'node:util'
import { redact } from '../log.ts'
import { asObject, parseJson } from '../ir/json.ts'
import type { JsonObject } from '../ir/json.ts'
import type { Answer } from './script.ts'
import type { SurfaceName } from './surface.ts'

/** How the exchange ended: answered whole, broken off by a fault, or left by the client before the end. */
export type Outcome = 'answered' | 'cut' | 'aborted'

/** A request as it reached the simulator. Printing it masks its secrets; its fields are the raw truth. */
export class ReceivedRequest {
  readonly index: number
  readonly surface: SurfaceName | undefined
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  /** Lower-cased names, repeated ones joined by commas. */
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Buffer
  /** The parsed body; empty when it is no JSON object. */
  readonly body: JsonObject
  /** Settles once, when the exchange is over. */
  readonly outcome: Promise<Outcome>
  /** Resolves when the client leaves before the answer is complete; stays open otherwise. */
  readonly aborted: Promise<void>
  /** Unix milliseconds at which the client left early. */
  clientClosedAt: number | undefined
  /** What was said, scripted or made up; its faults and limits not yet applied. */
  answer: Answer | undefined
  /** The HTTP status that was answered. */
  status: number | undefined
  /** Bytes of the answer's body handed to the socket. */
  bytesSent = 0
  /** Called by the simulator when the exchange is over. */
  readonly settle: (outcome: Outcome) => void

  constructor(seen: {
    index: number
    surface: SurfaceName | undefined
    method: string
    url: string
    headers: Readonly<Record<string, string>>
    bytes: Buffer
  }) {
    const url = new URL(seen.url, 'http://simulator.invalid')
    this.index = seen.index
    this.surface = seen.surface
    this.method = seen.method
    this.path = url.pathname
    this.query = url.searchParams
    this.headers = seen.headers
    this.bytes = seen.bytes
    this.body = asObject(parseJson(seen.bytes.toString('utf8')))
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    this.outcome = promise
    this.settle = resolve
    this.aborted = new Promise((left) => {
      void promise.then((outcome) => {
        if (outcome === 'aborted') left()
      })
    })
  }

  /** The request as it may be shown: credentials masked. */
  toJSON(): JsonObject {
    return {
      index: this.index,
      method: this.method,
      path: this.path,
      query: Object.fromEntries(this.query),
      headers: redact(this.headers),
      body: this.body,
    }
  }

  [inspect.custom](): JsonObject {
    return this.toJSON()
  }
}
