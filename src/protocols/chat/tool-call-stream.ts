import type { ModelEvent } from '../../ir/event.ts'
import { asNumber, asObject, asString, isObject, parseJson } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Sink } from '../../stream/sink.ts'

/** One call under way. */
type Call = {
  readonly index: number | undefined
  id: string | undefined
  name: string
  custom: boolean
  /** All input so far; pieces that repeat it are recognised by it. */
  input: string
  /** A first piece that is exactly `{}`: some servers send it before the real arguments. */
  held: boolean
  signature: string | undefined
  /** The part's number, once the call has begun. */
  at: number | undefined
}

/** Where calls take what they need from the answer they belong to. */
export type CallHost = {
  readonly out: Sink<ModelEvent>
  /** The next part's number. */
  nextPart(): number
  /** An id for a call that came without one; the same for the same answer. */
  makeId(ordinal: number): string
}

/**
 * Reads tool calls from deltas. Servers differ: fragments without id or index, new calls under an index in use
 * (Ollama), arguments sent whole, cumulatively, as an object or after a `{}`, calls without a name. What begins a
 * call and what continues one is decided here, and nowhere else.
 */
export class ToolCallStream {
  readonly #host: CallHost
  readonly #calls: Call[] = []
  /** The call that the last delta went to. */
  #last: Call | undefined
  #begun = 0

  constructor(host: CallHost) {
    this.#host = host
  }

  /** True once a call with a name was seen. */
  get any(): boolean {
    return this.#begun > 0
  }

  push(delta: JsonObject): void {
    const called = asObject(delta['function'])
    const free = asObject(delta['custom'])
    const custom =
      asString(called['name']) === undefined && typeof free['name'] === 'string' && free['name'] !== ''
    const name = asString((custom ? free : called)['name']) ?? ''
    const id = asString(delta['id']) || undefined
    const call = this.#find(asNumber(delta['index']), id, name, called['arguments'])
    this.#last = call
    call.id ??= id
    if (call.name === '' && name !== '') {
      call.name = name
      call.custom = custom
    }
    const signature = asString(asObject(asObject(delta['extra_content'])['google'])['thought_signature'])
    if (signature !== undefined) call.signature = signature
    if (call.name !== '') this.#begin(call)
    this.#append(call, call.custom ? free['input'] : called['arguments'])
  }

  /** More arguments for the call that the last delta went to. */
  more(input: string): void {
    if (this.#last !== undefined && !this.#last.custom) this.#append(this.#last, input)
  }

  /** Ends every call. Calls without a name never began: nobody could execute them. */
  end(): void {
    for (const call of this.#calls) {
      if (call.at === undefined) continue
      this.#release(call)
      this.#host.out.write({
        type: 'part-end',
        at: call.at,
        ...(call.signature !== undefined && { seal: { value: call.signature } }),
      })
    }
  }

  #find(index: number | undefined, id: string | undefined, name: string, input: unknown): Call {
    const known =
      index !== undefined
        ? this.#calls.findLast((call) => call.index === index)
        : id !== undefined
          ? this.#calls.findLast((call) => call.id === id)
          : this.#calls.at(-1)
    if (known !== undefined && !beginsAnother(known, id, name, input)) return known
    const call: Call = {
      index,
      id: undefined,
      name: '',
      custom: false,
      input: '',
      held: false,
      signature: undefined,
      at: undefined,
    }
    this.#calls.push(call)
    return call
  }

  #begin(call: Call): void {
    if (call.at !== undefined) return
    call.at = this.#host.nextPart()
    call.id ??= this.#host.makeId(this.#begun)
    this.#begun++
    this.#host.out.write({
      type: 'tool-call-start',
      at: call.at,
      id: call.id,
      name: call.name,
      ...(call.custom && { custom: true }),
    })
    // Arguments that came before the name.
    const { input } = call
    call.input = ''
    this.#append(call, input)
  }

  #append(call: Call, value: unknown): void {
    const piece = typeof value === 'string' ? value : isObject(value) ? JSON.stringify(value) : ''
    if (piece === '') return
    if (call.at === undefined) {
      call.input += piece
      return
    }
    if (call.custom) {
      this.#emit(call, piece)
      return
    }
    if (call.input === '' && !call.held && piece === '{}') {
      call.held = true
      return
    }
    if (call.held) {
      call.held = false
      if (!piece.trimStart().startsWith('{')) this.#emit(call, '{}')
    }
    this.#emit(call, newPartOf(piece, call.input))
  }

  /** The `{}` that was held back was all there was. */
  #release(call: Call): void {
    if (!call.held) return
    call.held = false
    this.#emit(call, '{}')
  }

  #emit(call: Call, input: string): void {
    if (input === '' || call.at === undefined) return
    call.input += input
    this.#host.out.write({ type: 'tool-call-delta', at: call.at, input })
  }
}

/** True when a delta that points at a known call must be a new one all the same. */
function beginsAnother(known: Call, id: string | undefined, name: string, input: unknown): boolean {
  if (name === '') return false
  if (known.name === '') return false
  if (id !== undefined && known.id !== undefined) return id !== known.id
  if (id !== undefined) return false
  // No id to tell by: another name, or a second whole set of arguments.
  if (name !== known.name) return true
  if (typeof input !== 'string' || input === '') return false
  return isWhole(known.input) && isWhole(input) && !input.startsWith(known.input)
}

function isWhole(input: string): boolean {
  return input.endsWith('}') && parseJson(input) !== undefined
}

/**
 * A piece without what it repeats. Arguments are one JSON object, in which a piece that begins with all that came
 * before cannot occur by itself: such a piece is the text so far, sent again and grown.
 */
function newPartOf(piece: string, before: string): string {
  if (before === '' || piece.length < before.length || !before.startsWith('{')) return piece
  return piece.startsWith(before) ? piece.slice(before.length) : piece
}
