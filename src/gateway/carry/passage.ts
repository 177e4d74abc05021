import type { GatewayError } from '../../errors.ts'
import type { Carry, Reply } from '../call.ts'
import type { GatewayDeps } from '../deps.ts'
import type { CarryTarget } from './candidates.ts'

/** One carried request on its way, and what is known of it so far. */
export class Passage {
  readonly call: Carry
  readonly reply: Reply
  readonly deps: GatewayDeps
  /** Monotonic milliseconds. */
  readonly startedAt: number
  /** The name the client asked for. */
  model: string | undefined
  /** Where it is being tried. */
  target: CarryTarget | undefined
  sentAt: number | undefined
  answeredAt: number | undefined
  attempts = 0
  /** The status that the client was told. */
  status: number | undefined

  constructor(call: Carry, reply: Reply, deps: GatewayDeps) {
    this.call = call
    this.reply = reply
    this.deps = deps
    this.startedAt = deps.clock.now()
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    this.status = status
    this.reply.head(status, { ...this.#provenance(), ...headers })
  }

  /** The line of the log that every carried request leaves. */
  log(error?: GatewayError): void {
    const { call, deps } = this
    const fields = {
      requestId: call.requestId,
      operation: call.operation,
      method: call.method,
      ...(call.operation === 'any-path' && { path: call.path.slice(0, 200) }),
      model: this.model,
      target: this.target?.name,
      attempts: this.attempts,
      status: this.status,
      ms: Math.round(deps.clock.now() - this.startedAt),
    }
    if (call.signal.aborted) deps.log.info('client went away', fields)
    else if (error === undefined) deps.log.info('carried', fields)
    else {
      const { code, message, details, cause } = error
      deps.log[code === 'internal' ? 'error' : 'warn']('failed', {
        ...fields,
        code,
        reason: message,
        upstreamStatus: details.upstream?.status,
        ...(cause !== undefined && { cause }),
      })
    }
  }

  #provenance(): Record<string, string> {
    const { target } = this
    return {
      ...(target !== undefined && {
        'x-dragoman-target': target.name.replace(/[^\x20-\x7e]/g, '?'),
        'x-dragoman-lane': 'passthrough',
      }),
      'server-timing': this.#timing(),
    }
  }

  #timing(): string {
    const now = this.deps.clock.now()
    const upstream = this.sentAt === undefined ? 0 : (this.answeredAt ?? now) - this.sentAt
    const gateway = Math.max(0, now - this.startedAt - upstream)
    return `gateway;dur=${gateway.toFixed(2)}, upstream;dur=${upstream.toFixed(2)}`
  }
}
