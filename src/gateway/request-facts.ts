import type { Part } from '../ir/part.ts'
import type { ModelRequest } from '../ir/request.ts'
import { estimateTokens } from '../models/estimate.ts'
import type { RequestFacts } from '../routing/condition.ts'
import type { Exchange } from './exchange.ts'
import { sealerOf } from './sealed-by.ts'
import { sessionOf } from './session.ts'

/**
 * What routing wants to know about a request, found out on first use. Only the size and the content need the body
 * decoded, and only where a rule asks for them.
 *
 * @throws GatewayError `invalid-request`, from the members that need the body, when it cannot be decoded
 */
export class ExchangeFacts implements RequestFacts {
  readonly #exchange: Exchange
  #inputTokens: number | undefined
  #session: string | undefined
  #sealedBy: { readonly value: RequestFacts['sealedBy'] } | undefined

  constructor(exchange: Exchange) {
    this.#exchange = exchange
  }

  get inputTokens(): number {
    return (this.#inputTokens ??= estimateTokens(this.#exchange.request))
  }

  get thinking(): boolean {
    return asksToThink(this.#exchange.outlinedRequest)
  }

  get images(): boolean {
    return this.#exchange.outlinedRequest.turns.some((turn) => turn.parts.some(isImage))
  }

  get tools(): boolean {
    return this.#exchange.outlinedRequest.tools.length > 0
  }

  get requestClass(): string | undefined {
    return this.#header('x-claude-code-request-class') ?? (this.agent ? 'subagent' : undefined)
  }

  get agent(): boolean {
    return this.#header('x-claude-code-agent-id') !== undefined || this.agentType !== undefined
  }

  get agentType(): string | undefined {
    return this.#header('x-claude-code-agent-type')
  }

  get session(): string {
    const { call, outlinedWire, deps } = this.#exchange
    return (this.#session ??=
      sessionOf(call.headers, outlinedWire, () => this.#exchange.wire) ?? deps.newId())
  }

  get sealedBy(): RequestFacts['sealedBy'] {
    const { call, deps } = this.#exchange
    this.#sealedBy ??= { value: sealerOf(call.body, deps.settings.secret) }
    return this.#sealedBy.value
  }

  get midTurn(): boolean {
    return (
      this.#exchange.outlinedRequest.turns.at(-1)?.parts.some((part) => part.kind === 'tool-result') === true
    )
  }

  #header(name: string): string | undefined {
    const value = this.#exchange.call.headers[name]?.trim()
    return value === '' ? undefined : value
  }
}

/** A wish for thinking, in any protocol's way to say it. Saying nothing is none. */
function asksToThink({ reasoning }: ModelRequest): boolean {
  if (reasoning === undefined || reasoning.mode === 'disabled' || reasoning.effort === 'none') return false
  return reasoning.mode !== undefined || reasoning.effort !== undefined || (reasoning.budgetTokens ?? 0) > 0
}

function isImage(part: Part): boolean {
  if (part.kind === 'tool-result') return part.content.some(isImage)
  if (part.kind !== 'media') return false
  if (part.source.type === 'parts') return part.source.parts.some(isImage)
  return part.media === 'image'
}
