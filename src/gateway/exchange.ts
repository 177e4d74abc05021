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
import { keeperFor } from './named-items.ts'
import { Outline } from './outline.ts'
import { secretsIn } from './own-secrets.ts'
import type { Target } from './target.ts'

/** One request on its way: what came in, read once, and what is known of it so far. */
export class Exchange {
  readonly call: Call
  readonly reply: Reply
  readonly deps: GatewayDeps
  readonly client: ClientCodec
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
  /** Kept whole for `learnTokens`, which compares an estimate of it with what the upstream counts. */
  isLesson = false
  /** What the current try sends beside the body. */
  sentHeaders: Readonly<Record<string, string>> = {}

  #wire: JsonObject | undefined
  #outline: Outline | undefined
  #request: ModelRequest | undefined
  #outlined: ModelRequest | undefined
  #context: { -readonly [Field in keyof ReplyContext]: ReplyContext[Field] } | undefined
  #isReleased = false

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
    this.#outline = mayOutline(call, deps) ? Outline.of(call.body, deps.newId) : undefined
    const wire = this.outlinedWire
    const model = asString(wire['model'])
    if (model === undefined || model === '')
      throw invalidRequest('model: a non-empty string is required', 'model')
    this.model = model
    this.stream = call.operation === 'generate' && wire['stream'] === true
  }

  /** What the current try authenticates with; never to come back in an error. */
  get secrets(): readonly string[] {
    return secretsIn(this.sentHeaders)
  }

  /** True after `release`. */
  get isReleased(): boolean {
    return this.#isReleased
  }

  /**
   * Lets go of the request: its bytes, its JSON and its conversation, which are a hundred times what a stream needs and
   * would wait in memory for its end. For when the answer has begun: nothing is tried again then, and what is told
   * early has been told. The settings stay; encoders repeat them to the client.
   */
  release(): void {
    const { turns, ...settings } = this.#request ?? this.#outlined ?? this.#unread()
    this.#request = { ...settings, turns: settings.echo === true ? turns : [], tools: [] }
    if (this.#context !== undefined) this.#context.request = this.#request
    this.#wire = {}
    this.#outline = undefined
    this.#outlined = undefined
    this.call.body = NOTHING
    this.#isReleased = true
  }

  /** The client's body as JSON; empty after `release`. */
  get wire(): JsonObject {
    return (this.#wire ??= readBody(this.call.body))
  }

  /** The decoded request; decoded once, on first use, so that passthrough never pays for it. */
  get request(): ModelRequest {
    return (this.#request ??= this.client.decodeRequest(this.wire))
  }

  /** A large request without the middles of its long texts; undefined where only the whole will do. */
  get outline(): Outline | undefined {
    return this.#outline
  }

  /** `wire`, or its outline: for who has no use for long texts. */
  get outlinedWire(): JsonObject {
    return this.#outline?.wire ?? this.wire
  }

  /** `request`, or its outline: for who has no use for long texts. */
  get outlinedRequest(): ModelRequest {
    if (this.#outline === undefined) return this.request
    return (this.#outlined ??= this.client.decodeRequest(this.#outline.wire))
  }

  /** What an encoder towards the client needs. */
  get context(): ReplyContext {
    if (this.#context !== undefined) return this.#context
    const keeper = keeperFor(this)
    return (this.#context = {
      request: this.#readable(),
      ...(keeper !== undefined && { keeper }),
      ...(isCodex(this.call) && { profile: 'codex' as const }),
      id: this.deps.newId(),
      created: this.deps.unixTime(),
      onDropped: (loss) => void (this.dropped = [...this.dropped, loss]),
    })
  }

  /** On passthrough the upstream judges the request; an error must be told even about one that we cannot read. */
  #readable(): ModelRequest {
    try {
      return echoesRequest(this.client) ? this.request : this.outlinedRequest
    } catch {
      return this.#unread()
    }
  }

  #unread(): ModelRequest {
    return { model: this.model, stream: this.stream, turns: [], tools: [] }
  }
}

const NOTHING = Buffer.alloc(0)

/** True when the upstream names another model than was asked of it: a router's choice, what a deployment stands for. */
export function answeredElsewhere({ answeredBy, target }: Pick<Exchange, 'answeredBy' | 'target'>): boolean {
  return answeredBy !== undefined && answeredBy !== '' && answeredBy !== target?.model
}

/** Codex reads some endings of a Responses stream in its own way; it names itself in these headers. */
function isCodex({ headers }: Call): boolean {
  return /\bcodex/i.test(`${headers['originator'] ?? ''} ${headers['user-agent'] ?? ''}`)
}

/** Legacy completions are one long prompt; a count is about the whole. */
function mayOutline({ protocol, operation }: Call, { settings }: GatewayDeps): boolean {
  return settings.fastPaths !== 'off' && operation === 'generate' && protocol !== 'completions'
}

/** True when answers of this protocol repeat what the request said. */
const echoesRequest = ({ id }: ClientCodec): boolean => id === 'responses' || id === 'completions'

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
