import { asArray, asObject, asString, parseJson, type JsonObject } from '../../src/ir/json.ts'

/** What an assistant said, read from the wire without Dragoman's decoders. */
export type Said = {
  /** Its texts, block by block. */
  readonly texts: readonly string[]
  readonly calls: readonly {
    readonly id: string | undefined
    readonly name: string
    readonly input: unknown
  }[]
  /** Signatures and encrypted reasoning, to the byte. */
  readonly secrets: readonly string[]
  /** True when tools that ran at the provider are among it: they stay there, with what is sealed in them. */
  readonly hosted: boolean
}

type Pieces = {
  texts: string[]
  calls: { id: string | undefined; name: string; input: unknown }[]
  secrets: string[]
  hosted: boolean
}

/** What an answer of this protocol says. */
export function saidIn(protocol: string, answer: JsonObject): Said {
  switch (protocol) {
    case 'messages':
      return gather(asArray(answer['content']), block)
    case 'responses':
      return gather(asArray(answer['output']), item)
    case 'gemini':
      return gather(asArray(asObject(asObject(asArray(answer['candidates'])[0])['content'])['parts']), part)
    default:
      return gather([asObject(asArray(answer['choices'])[0])['message']], message)
  }
}

/** What the assistant said in a request of this protocol. */
export function saidBefore(protocol: string, request: JsonObject): Said {
  const assistants = (role: string, list: unknown): readonly JsonObject[] =>
    asArray(list)
      .map(asObject)
      .filter((turn) => turn['role'] === role)
  switch (protocol) {
    case 'messages':
      return gather(
        assistants('assistant', request['messages']).flatMap(({ content }) => asArray(content)),
        block,
      )
    case 'responses': {
      const items = asArray(request['input']).map(asObject)
      return gather(
        items.filter(({ role }) => role === undefined || role === 'assistant'),
        item,
      )
    }
    case 'gemini':
      return gather(
        assistants('model', request['contents']).flatMap(({ parts }) => asArray(parts)),
        part,
      )
    default:
      return gather(assistants('assistant', request['messages']), message)
  }
}

function gather(list: readonly unknown[], read: (value: JsonObject, into: Pieces) => void): Said {
  const pieces: Pieces = { texts: [], calls: [], secrets: [], hosted: false }
  for (const value of list) read(asObject(value), pieces)
  return pieces
}

function block({ type, text, id, name, input, signature, data }: JsonObject, into: Pieces): void {
  if (type === 'text') into.texts.push(asString(text) ?? '')
  if (type === 'tool_use') into.calls.push({ id: asString(id), name: String(name), input: input ?? {} })
  into.hosted ||= String(type).endsWith('_tool_use')
  keep(type === 'thinking' ? signature : type === 'redacted_thinking' ? data : undefined, into)
}

function item(value: JsonObject, into: Pieces): void {
  const { type, content, call_id: id, name, arguments: args, input, encrypted_content: secret } = value
  if (type === 'message') texts(content, into)
  if (type === 'function_call') into.calls.push({ id: asString(id), name: String(name), input: json(args) })
  if (type === 'custom_tool_call') into.calls.push({ id: asString(id), name: String(name), input })
  if (type === 'reasoning') keep(secret, into)
  into.hosted ||=
    /_call$|^program/.test(String(type)) && type !== 'function_call' && type !== 'custom_tool_call'
}

function message(value: JsonObject, into: Pieces): void {
  texts(value['content'], into)
  if (typeof value['refusal'] === 'string') into.texts.push(value['refusal'])
  for (const call of asArray(value['tool_calls']).map(asObject)) {
    const { name, arguments: args, input } = asObject(call['function'] ?? call['custom'])
    if (typeof name !== 'string' || name === '') continue
    into.calls.push({ id: asString(call['id']), name, input: input ?? json(args) })
    keep(asObject(asObject(call['extra_content'])['google'])['thought_signature'], into)
  }
  const { name, arguments: args } = asObject(value['function_call'])
  if (typeof name === 'string') into.calls.push({ id: undefined, name, input: json(args) })
  for (const detail of asArray(value['reasoning_details']).map(asObject)) {
    keep(detail['signature'], into)
    keep(detail['data'], into)
  }
}

function part(value: JsonObject, into: Pieces): void {
  const { text, thought } = value
  if (typeof text === 'string' && thought !== true) into.texts.push(text)
  const call = value['functionCall'] ?? value['function_call']
  if (call !== undefined) {
    const { id, name, args } = asObject(call)
    // A call that goes on over several parts is named in the first.
    if (typeof name === 'string') into.calls.push({ id: asString(id), name: String(name), input: args ?? {} })
  }
  if (typeof text === 'string' || call !== undefined)
    keep(value['thoughtSignature'] ?? value['thought_signature'], into)
  else into.hosted = true
}

function texts(content: unknown, into: Pieces): void {
  if (typeof content === 'string') into.texts.push(content)
  for (const { text, refusal } of asArray(content).map(asObject))
    into.texts.push(asString(text) ?? asString(refusal) ?? '')
}

function keep(secret: unknown, into: Pieces): void {
  if (typeof secret === 'string' && secret !== '') into.secrets.push(secret)
}

const json = (text: unknown): unknown =>
  typeof text !== 'string' ? text : text.trim() === '' ? {} : (parseJson(text) ?? text)

/** What of an answer did not come back. */
export function missing(want: Said, got: Said): readonly string[] {
  const out: string[] = []
  if (want.texts.join('').trim() !== got.texts.join('').trim()) out.push('text')
  if (want.calls.length !== got.calls.length) out.push(`calls: ${want.calls.length} != ${got.calls.length}`)
  else
    for (const [index, call] of want.calls.entries()) {
      const other = got.calls[index]!
      // Gemini names calls only sometimes; the id that the client was given is as good then.
      if (call.id !== undefined && call.id !== other.id) out.push('call id')
      if (call.name !== other.name) out.push('call name')
      if (canonical(call.input) !== canonical(other.input)) out.push('call arguments')
    }
  if (want.secrets.join() !== got.secrets.join())
    out.push(`secrets: ${want.secrets.length} != ${got.secrets.length}`)
  return out
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
