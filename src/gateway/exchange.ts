import { GatewayError, invalidRequest } from '../errors.ts'
import type { Dropped } from '../ir/dropped.ts'
import { asString, isObject, parseJson, type JsonObject } from '../ir/json.ts'
import type { ModelRequest } from '../ir/request.ts'
import type { Usage } from '../ir/usage.ts'
import type { ReplyContext } from '../protocols/protocol.ts'
import type { Trial } from '../routing/health.ts'
import type { Call, Reply } from './call.ts'
import { clientCodec, type ClientCodec } from './codecs.ts'
import type { GatewayDeps } from './deps.ts'
import type { Lane } from './lane.ts'
import type { Target } from './target.ts'

/** One request on its way: what came in, read once, and what is known of it so far. */
export class Exchange {
  readonly call: Call
  readonly reply: Reply
  readonly deps: GatewayDeps
  readonly client: ClientCodec
  /** The client's body as JSON. */
  readonly wire: JsonObject
  /** The name the client asked for. */
  readonly model: string
  readonly stream: boolean
  /** Monotonic milliseconds. */
  readonly startedAt: number

  /** Where it is being tried. */
  target: Target | undefined
  lane: Lane | undefined
  /** Keeps account of how the target does. */
  trial: Trial | undefined
  /** Losses towards the current target, then also those on the way back. */
  dropped: readonly Dropped[] = []
  usage: Usage | undefined
  /** The model that the upstream says has answered: behind a deployment or a router it has another name. */
  answeredBy: string | undefined
  /** Monotonic milliseconds at which the current try was sent, and when its first byte came. */
  sentAt: number | undefined
  answeredAt: number | undefined
  attempts = 0
  /** What the current try authenticates with; never to come back in an error. */
  secrets: readonly string[] = []

  #request: ModelRequest | undefined
  #context: ReplyContext | undefined

  /** @throws GatewayError `invalid-request` when the body is no JSON object or names no model */
  constructor(call: Call, reply: Reply, deps: GatewayDeps) {
    this.call = call
    this.reply = reply
    this.deps = deps
    this.startedAt = deps.clock.now()
    const client = clientCodec(call.protocol)
    if (client === undefined)
      throw new GatewayError('not-supported', `Dragoman does not serve ${call.protocol}`)
    this.client = client
    this.wire = readBody(call.body)
    const model = asString(this.wire['model'])
    if (model === undefined || model === '')
      throw invalidRequest('model: a non-empty string is required', 'model')
    this.model = model
    this.stream = call.operation === 'generate' && this.wire['stream'] === true
  }

  /** The decoded request; decoded once, on first use, so that passthrough never pays for it. */
  get request(): ModelRequest {
    return (this.#request ??= this.client.decodeRequest(this.wire))
  }

  /** What an encoder towards the client needs. */
  get context(): ReplyContext {
    return (this.#context ??= {
      request: this.#readable(),
      ...(isCodex(this.call) && { profile: 'codex' as const }),
      id: this.deps.newId(),
      created: this.deps.unixTime(),
      onDropped: (loss) => void (this.dropped = [...this.dropped, loss]),
    })
  }

  /** On passthrough the upstream judges the request; an error must be told even about one that we cannot read. */
  #readable(): ModelRequest {
    try {
      return this.request
    } catch {
      return { model: this.model, stream: this.stream, turns: [], tools: [] }
    }
  }
}

/** True when the upstream names another model than was asked of it: a router's choice, what a deployment stands for. */
export function answeredElsewhere({ answeredBy, target }: Pick<Exchange, 'answeredBy' | 'target'>): boolean {
  return answeredBy !== undefined && answeredBy !== '' && answeredBy !== target?.model
}

/** Codex reads some endings of a Responses stream in its own way; it names itself in these headers. */
function isCodex({ headers }: Call): boolean {
  return /\bcodex/i.test(`${headers['originator'] ?? ''} ${headers['user-agent'] ?? ''}`)
}

function readBody(body: Buffer): JsonObject {
  const text = body.toString('utf8')
  const wire = parseJson(text)
  if (isObject(wire)) return wire
  if (text.trim() === '') throw invalidRequest('The request has no body; a JSON object is required')
  if (wire === undefined) throw invalidRequest(`The request body is not valid JSON: ${jsonFault(text)}`)
  throw invalidRequest('The request body must be a JSON object')
}

/** The parser's own words on what is wrong, without the snippet of the body that it quotes. */
function jsonFault(text: string): string {
  try {
    JSON.parse(text)
    return ''
  } catch (fault) {
    return fault instanceof Error
      ? fault.message.replace(/,? ?\.*"[^]*" is not valid JSON$/, '')
      : 'unreadable'
  }
}
