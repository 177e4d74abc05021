import type { Losses } from '../../ir/dropped.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Extensions } from '../../ir/part.ts'
import { callId } from './call-ids.ts'
import { ownFields } from './extensions.ts'
import type { ItemPlace, OutputItems } from './output-items.ts'

export type Called = {
  readonly id: string
  readonly name: string
  readonly custom?: true
  readonly namespace?: string
  readonly ext?: Extensions
}

type Call = {
  readonly place: ItemPlace
  readonly custom: boolean
  /** The item without its input. */
  readonly head: JsonObject & { readonly type: string }
  /** The id as the upstream gave it. */
  readonly id: string
  input: string
  open: boolean
}

export type CallWriterOptions = { readonly items: OutputItems; readonly losses: Losses }

/** Writes tool calls, several at once where the upstream streams them so; arguments live, never left empty. */
export class CallWriter {
  readonly #options: CallWriterOptions
  readonly #calls = new Map<number, Call>()
  #count = 0

  constructor(options: CallWriterOptions) {
    this.#options = options
  }

  /** True when the client was sent a call. */
  get any(): boolean {
    return this.#count > 0
  }

  has(at: number): boolean {
    return this.#calls.has(at)
  }

  /** A call without a name cannot be executed; one that is open already does not start again. */
  starts(at: number, called: Called): boolean {
    const known = this.#calls.get(at)
    return called.name !== '' && (known === undefined || !(known.open || known.id === called.id))
  }

  start(at: number, called: Called): void {
    const { items, losses } = this.#options
    if (!this.starts(at, called)) {
      if (called.name === '') losses.content(`output[${at}]`, 'a tool call without a name')
      return
    }
    const custom = called.custom === true
    const { namespace } = called
    const head = {
      type: custom ? 'custom_tool_call' : 'function_call',
      ...ownFields(called.ext),
      call_id: items.takeCallId(callId(called.id)),
      name: called.name,
      // Codex finds a tool of a namespace by both; one without the other is an unsupported call to it.
      ...(namespace !== undefined && { namespace }),
    }
    const place = items.add(custom ? 'ctc' : 'fc', {
      ...head,
      status: 'in_progress',
      [custom ? 'input' : 'arguments']: '',
    })
    this.#count++
    this.#calls.set(at, { place, custom, head, id: called.id, input: '', open: true })
  }

  input(at: number, input: string): void {
    const call = this.#calls.get(at)
    if (call === undefined || !call.open || input === '') return
    call.input += input
    const type = call.custom ? 'response.custom_tool_call_input.delta' : ARGUMENTS_DELTA
    this.#options.items.emit(type, call.place, { delta: input })
  }

  end(at: number): void {
    const call = this.#calls.get(at)
    if (call === undefined || !call.open) return
    call.open = false
    const { items } = this.#options
    const { custom, place, head } = call
    // Clients parse the arguments of a call without any, too.
    const input = !custom && call.input.trim() === '' ? '{}' : call.input
    const field = custom ? { input } : { arguments: input }
    items.emit(custom ? 'response.custom_tool_call_input.done' : ARGUMENTS_DONE, place, field)
    items.done(place, { ...head, status: 'completed', ...field })
  }

  /** Ends what the upstream left open. */
  endAll(): void {
    for (const at of this.#calls.keys()) this.end(at)
  }
}

const ARGUMENTS_DELTA = 'response.function_call_arguments.delta'
const ARGUMENTS_DONE = 'response.function_call_arguments.done'
