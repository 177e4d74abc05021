import { asNumber, asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Part } from '../../ir/part.ts'
import { keepUnknown } from './extensions.ts'
import { decodeHostedItem } from './hosted-items.ts'
import { remainder } from './item-host.ts'
import type { ItemHost, ItemReader } from './item-host.ts'
import { MessageReader } from './message-reader.ts'
import {
  BETWEEN_PARTS,
  isRedacted,
  readableText,
  readSeal,
  unknownReasoningFields,
} from './reasoning-items.ts'

/** The reader for an item that has begun; `item` says its type and perhaps no more. */
export function readItem(item: JsonObject, host: ItemHost): ItemReader {
  switch (item['type']) {
    case 'message':
      return new MessageReader(item, host)
    case 'reasoning':
      return isRedacted(item) ? wholeReasoning(host) : new ReasoningReader(host)
    case 'function_call':
    case 'custom_tool_call':
      return new CallReader(item, host)
    default:
      return wholeItem(host)
  }
}

/** Reasoning: a summary in several parts, or the thoughts themselves where open models are served. */
class ReasoningReader implements ItemReader {
  readonly #host: ItemHost
  readonly #at: number
  #source: 'summary' | 'content' | undefined
  #part = 0
  #text = ''

  constructor(host: ItemHost) {
    this.#host = host
    this.#at = host.nextPart()
    host.out.write({ type: 'reasoning-start', at: this.#at })
  }

  event(type: string, event: JsonObject): void {
    if (type === 'response.reasoning_summary_text.delta')
      this.#think('summary', asNumber(event['summary_index']) ?? 0, event['delta'])
    if (type === 'response.reasoning_text.delta') this.#think('content', 0, event['delta'])
  }

  done(item: JsonObject): void {
    const rest = remainder(this.#text, readableText(item))
    if (rest !== '') this.#write(rest)
    const { seal } = readSeal(item['encrypted_content'])
    // Several summary parts are one text to everybody else.
    const { summary: _, ...own } = unknownReasoningFields(item)
    this.#host.out.write({
      type: 'part-end',
      at: this.#at,
      ...(seal !== undefined && { seal }),
      ...keepUnknown(own),
    })
  }

  #think(source: 'summary' | 'content', part: number, delta: unknown): void {
    if (typeof delta !== 'string' || delta === '') return
    this.#source ??= source
    // Servers that give both say the same twice.
    if (this.#source !== source) return
    if (part !== this.#part && this.#text !== '') this.#write(BETWEEN_PARTS)
    this.#part = part
    this.#write(delta)
  }

  #write(text: string): void {
    this.#text += text
    this.#host.out.write({ type: 'reasoning-delta', at: this.#at, text })
  }
}

/** A call to one of the client's tools. It begins when its name is known. */
class CallReader implements ItemReader {
  readonly #host: ItemHost
  #at: number | undefined
  #input = ''

  constructor(item: JsonObject, host: ItemHost) {
    this.#host = host
    this.#begin(item)
    this.#append(inputOf(item))
  }

  event(type: string, event: JsonObject): void {
    switch (type) {
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        this.#append(event['delta'])
        return
      case 'response.function_call_arguments.done':
        this.#append(remainder(this.#input, event['arguments']))
        return
      case 'response.custom_tool_call_input.done':
        this.#append(remainder(this.#input, event['input']))
    }
  }

  done(item: JsonObject): void {
    this.#begin(item)
    this.#append(remainder(this.#input, inputOf(item)))
    if (this.#at !== undefined) this.#host.out.write({ type: 'part-end', at: this.#at })
  }

  #begin(item: JsonObject): void {
    const { type, id: _, call_id, name, namespace, arguments: __, input: ___, status: ____, ...rest } = item
    if (this.#at !== undefined || typeof name !== 'string' || name === '') return
    this.#at = this.#host.nextPart()
    this.#host.saw('call')
    this.#host.out.write({
      type: 'tool-call-start',
      at: this.#at,
      id: asString(call_id) || this.#host.makeId(),
      name,
      ...(type === 'custom_tool_call' && { custom: true }),
      ...(typeof namespace === 'string' && namespace !== '' && { namespace }),
      ...keepUnknown(rest),
    })
    // Arguments that came before the name.
    if (this.#input !== '')
      this.#host.out.write({ type: 'tool-call-delta', at: this.#at, input: this.#input })
  }

  #append(piece: unknown): void {
    if (typeof piece !== 'string' || piece === '') return
    this.#input += piece
    if (this.#at !== undefined) this.#host.out.write({ type: 'tool-call-delta', at: this.#at, input: piece })
  }
}

function inputOf(item: JsonObject): unknown {
  const input = item['type'] === 'custom_tool_call' ? item['input'] : item['arguments']
  return isObject(input) ? JSON.stringify(input) : input
}

/** Redacted reasoning, as a client of another protocol gets it from Claude. */
function wholeReasoning(host: ItemHost): ItemReader {
  return {
    event() {},
    done: (item) =>
      host.out.write({
        type: 'part',
        at: host.nextPart(),
        part: { kind: 'reasoning', text: readableText(item), ...readSeal(item['encrypted_content']) },
      }),
  }
}

/** An item that is of use only when it is all there. */
function wholeItem(host: ItemHost): ItemReader {
  return {
    event() {},
    done(item) {
      for (const part of decodeHostedItem(item)) {
        if (part.kind === 'server-tool' && part.tool === 'web-search' && part.phase === 'call')
          host.saw('search')
        host.out.write({ type: 'part', at: host.nextPart(), part: unworded(part) })
      }
    },
  }
}

/** The words for an item are for models that read it in a history; clients of other protocols are shown answers only. */
function unworded(part: Part): Part {
  if (part.kind !== 'opaque') return part
  const { text: _, ...rest } = part
  return rest
}
