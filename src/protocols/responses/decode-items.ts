import { invalidRequest } from '../../errors.ts'
import { asArray, asString, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Extensions, Part, ReasoningPart, ToolCallPart, ToolResultPart } from '../../ir/part.ts'
import type { Role, Tool, Turn } from '../../ir/request.ts'
import { requiredString } from '../request-fields.ts'
import { decodeContent } from './decode-content.ts'
import { decodeTools } from './decode-tools.ts'
import { keepUnknown } from './extensions.ts'
import { decodeHostedItem, isFoundByClient, roleOfItem } from './hosted-items.ts'
import { readableText, readSeal, unknownReasoningFields } from './reasoning-items.ts'
import { decodeFound, decodeSearchCall, isClientSearch } from './tool-search.ts'

export type DecodeItemsOptions = {
  /** `drop` where nothing is stored: then an id names nothing, and keeping it would only make noise elsewhere. */
  readonly ids: 'keep' | 'drop'
}

/** A conversation, and the tools that came along in it. */
export type DecodedItems = { readonly turns: readonly Turn[]; readonly tools: readonly Tool[] }

/**
 * Items as turns. One answer is several items: reasoning, one message and calls that follow each other are one turn of the
 * assistant; a further message begins a new one, so that each keeps its `phase`. Results that follow each other are one
 * turn of the user.
 * @throws `invalid-request` naming the item and field that cannot be read.
 */
export function decodeItems(input: unknown, options: DecodeItemsOptions): DecodedItems {
  if (input === undefined || input === null) return { turns: [], tools: [] }
  if (typeof input === 'string')
    return { turns: [{ role: 'user', parts: [{ kind: 'text', text: input }] }], tools: [] }
  if (!Array.isArray(input)) throw invalidRequest('input must be a string or an array of items', 'input')
  const reader = new ItemReader(options)
  for (const [index, item] of input.entries()) reader.push(item, `input[${index}]`)
  return reader
}

type OpenTurn = { role: Role; parts: Part[]; phase?: string; ext?: Extensions }

class ItemReader implements DecodedItems {
  readonly turns: Turn[] = []
  readonly tools: Tool[] = []
  readonly #options: DecodeItemsOptions
  /** The turn that further items may join. */
  #answer: OpenTurn | undefined
  #results: Part[] | undefined

  constructor(options: DecodeItemsOptions) {
    this.#options = options
  }

  push(item: unknown, path: string): void {
    if (!isObject(item)) throw invalidRequest(`${path} must be an object`, path)
    const type = typeOf(item, path)
    switch (type) {
      case 'message':
        this.#message(item, path)
        return
      case 'reasoning':
        this.#reasoning(item)
        return
      case 'function_call':
      case 'custom_tool_call':
        this.#joinAnswer(this.#call(item, path))
        return
      case 'function_call_output':
      case 'custom_tool_call_output':
        this.#joinResults(this.#result(item, path))
        return
      case 'additional_tools':
        this.#additionalTools(item, path)
        return
      default:
        this.#hosted({ ...item, type }, path)
    }
  }

  #message(item: JsonObject, path: string): void {
    const { type: _, role: wireRole, content, id, status, phase, ...rest } = item
    const role = roleOf(wireRole, path)
    const turn = {
      ...compact({ phase: asString(phase) }),
      ...keepUnknown({ ...rest, ...this.#identity(id, status) }),
    }
    const parts = decodeContent(content, `${path}.content`)
    if (role !== 'assistant') {
      this.#open({ role, parts, ...turn })
      return
    }
    // Reasoning and what it led to belong together; a second message is told apart.
    if (this.#answer === undefined || this.#answer.parts.some((part) => part.kind !== 'reasoning'))
      this.#openAnswer()
    const answer = this.#answer
    if (answer === undefined) return
    answer.parts.push(...parts)
    Object.assign(answer, turn)
  }

  #reasoning(item: JsonObject): void {
    if (this.#answer?.parts.some((part) => part.kind !== 'reasoning')) this.#answer = undefined
    const part: ReasoningPart = {
      kind: 'reasoning',
      text: readableText(item),
      ...readSeal(item['encrypted_content']),
      ...keepUnknown({ ...unknownReasoningFields(item), ...this.#identity(item['id'], item['status']) }),
    }
    this.#joinAnswer(part)
  }

  #call(item: JsonObject, path: string): ToolCallPart {
    const { type, id, call_id, name, arguments: args, input, namespace, status, ...rest } = item
    const custom = type === 'custom_tool_call'
    return {
      kind: 'tool-call',
      id: requiredString(call_id ?? id, `${path}.call_id`),
      name: requiredString(name, `${path}.name`),
      input: custom ? (asString(input) ?? '') : argumentsText(args),
      ...(custom && { custom: true }),
      ...compact({ namespace: asString(namespace) }),
      ...keepUnknown({ ...rest, ...this.#identity(id, status) }),
    }
  }

  #result(item: JsonObject, path: string): ToolResultPart {
    const { type, id, call_id, output, status, ...rest } = item
    return {
      kind: 'tool-result',
      callId: requiredString(call_id, `${path}.call_id`),
      content: decodeContent(output, `${path}.output`),
      ...(type === 'custom_tool_call_output' && { custom: true }),
      ...keepUnknown({ ...rest, ...this.#identity(id, status) }),
    }
  }

  /** The tools join all others; a turn that says nothing keeps the item's place. */
  #additionalTools(item: JsonObject, path: string): void {
    this.#bring(item['tools'], `${path}.tools`)
    const { role } = item
    this.#open({
      role: role === 'system' ? 'system' : 'developer',
      parts: [],
      ext: { responses: { additional_tools: item } },
    })
  }

  #hosted(item: JsonObject, path: string): void {
    // A client that looks tools up by itself declares here what it found, and nowhere else.
    const found = isFoundByClient(item) ? this.#bring(item['tools'], `${path}.tools`) : []
    if (isClientSearch(item)) {
      const identity = this.#identity(item['id'], item['status'])
      if (item['type'] === 'tool_search_call') this.#joinAnswer(decodeSearchCall(item, identity))
      else this.#joinResults(decodeFound(item, found, identity))
      return
    }
    const parts = decodeHostedItem(item)
    if (roleOfItem(item) === 'assistant') this.#joinAnswer(...parts)
    else this.#open({ role: 'user', parts: [...parts] })
  }

  #bring(tools: unknown, path: string): readonly Tool[] {
    const brought = decodeTools(asArray(tools), path)
    for (const tool of brought) {
      const ext = { ...tool.ext?.responses, in_input: true }
      this.tools.push({ ...tool, ext: { ...tool.ext, responses: ext } })
    }
    return brought
  }

  #identity(id: unknown, status: unknown): JsonObject {
    return {
      ...(this.#options.ids === 'keep' && { id }),
      ...(status !== 'completed' && { status }),
    }
  }

  #open(turn: OpenTurn): void {
    this.#answer = undefined
    this.#results = undefined
    this.turns.push(turn)
  }

  #openAnswer(): void {
    const turn: OpenTurn = { role: 'assistant', parts: [] }
    this.#open(turn)
    this.#answer = turn
  }

  #joinAnswer(...parts: readonly Part[]): void {
    if (this.#answer === undefined) this.#openAnswer()
    this.#answer?.parts.push(...parts)
  }

  #joinResults(part: ToolResultPart): void {
    if (this.#results === undefined) {
      const parts: Part[] = []
      this.#open({ role: 'user', parts })
      this.#results = parts
    }
    this.#results.push(part)
  }
}

/** Clients leave `type` out of messages and of references to stored items. */
function typeOf(item: JsonObject, path: string): string {
  const { type, role, id } = item
  if (typeof type === 'string' && type !== '') return type
  if (type !== undefined && type !== null)
    throw invalidRequest(`${path}.type must be a string`, `${path}.type`)
  if (role !== undefined) return 'message'
  if (typeof id === 'string') return 'item_reference'
  throw invalidRequest(`${path}.type must be a string`, `${path}.type`)
}

function roleOf(role: unknown, path: string): Role {
  if (role === 'system' || role === 'developer' || role === 'user' || role === 'assistant') return role
  throw invalidRequest(
    `${path}.role must be system, developer, user or assistant, not ${JSON.stringify(role)}`,
    `${path}.role`,
  )
}

/** `arguments` is JSON text, but some clients send the object itself. */
function argumentsText(value: unknown): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}
