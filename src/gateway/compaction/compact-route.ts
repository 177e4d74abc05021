import { asArray, asString, isObject, parseJson, type JsonObject } from '../../ir/json.ts'
import { COMPACTION_TRIGGER } from '../../protocols/responses/index.ts'
import { route } from '../../routing/route.ts'
import type { Call, Carry, Reply } from '../call.ts'
import { carry, factsOf } from '../carry/carry.ts'
import type { GatewayDeps } from '../deps.ts'
import { handle } from '../handle.ts'
import { resolveTarget } from '../target.ts'

const ROUTE = '/responses/compact'

/**
 * `POST /v1/responses/compact` at a model that is not reached by Responses is the same as a request that ends in a
 * trigger: the model writes the summary. Everything else is carried to who has it.
 */
export async function compactOrCarry(call: Carry, reply: Reply, deps: GatewayDeps): Promise<void> {
  const asked =
    call.path === ROUTE && call.body.kind === 'json' ? parseJson(text(call.body.bytes)) : undefined
  if (!isObject(asked) || !isTranslated(asked, call, deps)) return carry(call, reply, deps)
  const { operation: _, method: __, path: ___, ...head } = call
  const items = itemsOf(asked['input'])
  const wire = { ...asked, input: [...items, COMPACTION_TRIGGER], stream: false, store: false }
  const request: Call = {
    ...head,
    protocol: 'responses',
    operation: 'generate',
    body: Buffer.from(JSON.stringify(wire)),
  }
  return handle(request, new CompactReply(reply, items.filter(isOfUser)), deps)
}

const text = (bytes: Buffer): string => bytes.toString('utf8')

/** True when the first target for it speaks another protocol. What only its maker can look up is carried. */
function isTranslated(asked: JsonObject, call: Carry, { settings, lessons }: GatewayDeps): boolean {
  const model = asString(asked['model'])
  const isPinned = call.headers['x-dragoman-target'] !== undefined
  if (model === undefined || isPinned || isSet(asked['previous_response_id'])) return false
  try {
    const [first] = route(model, settings, factsOf(call))
    return first !== undefined && speaks(first, settings, lessons) !== 'responses'
  } catch {
    // An unknown model, as it is told on every route that is carried.
    return false
  }
}

const speaks = (
  ref: Parameters<typeof resolveTarget>[0],
  { providers }: GatewayDeps['settings'],
  lessons: GatewayDeps['lessons'],
): string => resolveTarget(ref, providers, 'responses', lessons).codec.id

const isSet = (value: unknown): boolean => value !== undefined && value !== null

function itemsOf(input: unknown): readonly unknown[] {
  return typeof input === 'string' ? [{ type: 'message', role: 'user', content: input }] : asArray(input)
}

const isOfUser = (item: unknown): item is JsonObject => isObject(item) && item['role'] === 'user'

/** Turns an answer into what this route answers: the user's messages, and behind them the item. Errors stay as they are. */
class CompactReply implements Reply {
  readonly #reply: Reply
  readonly #messages: readonly JsonObject[]
  #headers: Readonly<Record<string, string>> | undefined
  readonly #pieces: Buffer[] = []

  constructor(reply: Reply, messages: readonly JsonObject[]) {
    this.#reply = reply
    this.#messages = messages
  }

  get started(): boolean {
    return this.#headers !== undefined || this.#reply.started
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    if (status === 200) this.#headers = headers
    else this.#reply.head(status, headers)
  }

  write(chunk: Uint8Array | string): boolean {
    if (this.#headers === undefined) return this.#reply.write(chunk)
    this.#pieces.push(Buffer.from(chunk))
    return true
  }

  onDrain(callback: () => void): void {
    if (this.#headers === undefined) this.#reply.onDrain(callback)
    else callback()
  }

  end(): void {
    if (this.#headers !== undefined) {
      const answer = parseJson(text(Buffer.concat(this.#pieces)))
      const body = Buffer.from(JSON.stringify(compacted(isObject(answer) ? answer : {}, this.#messages)))
      this.#reply.head(200, { ...this.#headers, 'content-length': String(body.length) })
      this.#reply.write(body)
    }
    this.#reply.end()
  }

  cut(): void {
    this.#reply.cut?.()
  }
}

function compacted(
  { id, created_at, output, usage }: JsonObject,
  messages: readonly JsonObject[],
): JsonObject {
  const said = messages.map(({ content, ...message }, index) => ({
    id: `msg_${String(id)}_${index}`,
    ...message,
    type: 'message',
    status: 'completed',
    content: typeof content === 'string' ? [{ type: 'input_text', text: content }] : content,
  }))
  return { id, object: 'response.compaction', created_at, output: [...said, ...asArray(output)], usage }
}
