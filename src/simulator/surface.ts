import type { JsonObject } from '../ir/json.ts'
import type { Ask } from './ask.ts'
import type { Composed } from './compose.ts'
import type { ReceivedRequest } from './received.ts'
import type { Failure } from './script.ts'

export type SurfaceName =
  | 'azure-chat'
  | 'openai-chat'
  | 'compatible-chat'
  | 'foundry-messages'
  | 'anthropic-messages'
  | 'azure-responses'
  | 'openai-responses'
  | 'gemini'

/** What a path asks a surface to do. `deployment` is set where the path names the model. */
export type Route = {
  readonly operation: 'generate' | 'count' | 'models'
  readonly deployment?: string
  readonly stream?: boolean
}

/** Departures of one simulated server from its vendor's defaults. */
export type Rules = {
  /** API keys that are accepted; absent: any. */
  readonly keys?: readonly string[]
  /** Deployments that exist, and the model behind each; absent: any name, and the name is the model. */
  readonly deployments?: Readonly<Record<string, string | Deployment>>
  /** `role: "system"` inside Messages' `messages`; absent: as the vendor does for the model. */
  readonly midConversationSystem?: boolean
  /** Values of `anthropic-beta` that are accepted; absent: any. */
  readonly betas?: readonly string[]
  /** Names the account: thinking signed by another account is refused. */
  readonly account: string
}

export type Deployment = {
  readonly model: string
  /** Tokens; a longer prompt is refused in the vendor's words. */
  readonly contextWindow?: number
}

/** One request that reached a surface, with all that an answer to it depends on. */
export type Call = {
  readonly request: ReceivedRequest
  readonly route: Route
  readonly body: JsonObject
  readonly rules: Rules
  /** The name that the client asked for. */
  readonly deployment: string
  /** The model behind it. */
  readonly model: string
  readonly contextWindow?: number
  /** Unix seconds. */
  readonly created: number
  /** Letters and digits, unique in this simulator, the same in every run. */
  readonly serial: string
}

export type HttpAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** One vendor API. Everything is pure; the simulator does the HTTP. */
export interface Surface {
  readonly name: SurfaceName
  route(method: string, path: string, query: URLSearchParams): Route | undefined
  /** The name that the request gives the model. */
  deploymentOf(route: Route, body: JsonObject): string
  /** Throws `Refused` with what the real server would answer. */
  check(call: Call): void
  ask(call: Call): Ask
  /** True when the answer is to be streamed. */
  streams(call: Call): boolean
  headers(call: Call, streaming: boolean): Readonly<Record<string, string>>
  /** The answer in one piece. */
  whole(call: Call, composed: Composed): JsonObject
  /** The answer as stream events, each with its blank line. */
  frames(call: Call, composed: Composed, options: FrameOptions): string[]
  /** How many tokens a request has, where the API counts (`operation: count`). */
  count?(call: Call, tokens: number): JsonObject
  failure(call: Pick<Call, 'request' | 'serial'>, failure: Failure): HttpAnswer
  /** An error as it appears within a stream, after `written` events. */
  errorFrame(call: Call, failure: Failure, written: number): string
}

export type FrameOptions = { readonly toolCalls: 'in-order' | 'interleaved' }

/** A request that the real server would refuse. */
export class Refused extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.message)
    this.name = 'Refused'
    this.failure = failure
  }
}
