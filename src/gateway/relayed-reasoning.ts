import { unfold } from '../ir/fold.ts'
import { asArray, asObject, asString, isObject, type JsonObject } from '../ir/json.ts'
import { run, type Sink } from '../stream/sink.ts'
import { parseSse } from '../stream/sse.ts'
import { rememberReasoning } from './adapt/recall-reasoning.ts'
import type { Exchange } from './exchange.ts'
import type { Target } from './target.ts'

/**
 * Some upstreams of Chat Completions (DeepSeek) want back what they thought before a call, in a field that most clients
 * do not know. What is relayed between the two is remembered here and put back where the client left it out.
 */
const wantsItBack = ({ codec }: Target): boolean =>
  codec.id === 'chat' && codec.dialect.reasoningHistory === 'tool-turns'

/** Reads a relayed stream along; undefined where nothing of it will be wanted back. */
export function rememberStream({ deps }: Exchange, target: Target): Sink<Uint8Array> | undefined {
  if (!wantsItBack(target)) return undefined
  const nowhere = { write() {}, end() {} }
  return parseSse()(target.codec.decodeStream()(rememberReasoning(deps.reasoning)(nowhere)))
}

/** The same of a whole answer. */
export function rememberAnswer({ deps }: Exchange, target: Target, wire: JsonObject): void {
  if (wantsItBack(target)) run(rememberReasoning(deps.reasoning), unfold(target.codec.decodeResponse(wire)))
}

/** The request with the reasoning that the client left out; the very same when there is none that is known. */
export function withRecalledReasoning(wire: JsonObject, { deps }: Exchange, target: Target): JsonObject {
  const field = target.codec.dialect.reasoningField
  const messages = wire['messages']
  if (!wantsItBack(target) || field === undefined || !Array.isArray(messages)) return wire
  const recalled = messages.map((message: unknown) => {
    if (!isObject(message) || typeof message[field] === 'string') return message
    const thought = asArray(message['tool_calls']).map(asObject).map(thoughtBefore).join('')
    return thought === '' ? message : { ...message, [field]: thought }
  })
  return recalled.some((message, index) => message !== messages[index])
    ? { ...wire, messages: recalled }
    : wire

  function thoughtBefore({ id, function: called }: JsonObject): string {
    const { name, arguments: input } = asObject(called)
    const call = { id: asString(id) ?? '', name: asString(name) ?? '', input: asString(input) ?? '' }
    const parts = deps.reasoning.recall({ kind: 'tool-call', ...call }) ?? []
    // What another vendor sealed is no thought of this one.
    return parts.map(({ text, seal }) => (seal === undefined ? text : '')).join('')
  }
}
