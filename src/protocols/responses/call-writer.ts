import type { Losses } from '../../ir/dropped.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Extensions } from '../../ir/part.ts'
import type { Tool } from '../../ir/request.ts'
import type { WriteDelta } from '../../stream/delta-frame.ts'
import { callId } from './call-ids.ts'
import { ownFields } from './extensions.ts'
import type { ItemPlace, OutputItems } from './output-items.ts'
import { searchArguments } from './tool-search.ts'

export type Called = {
  readonly id: string
  readonly name: string
  readonly custom?: true
  readonly namespace?: string
  readonly ext?: Extensions
}

type Call = {
  readonly place: ItemPlace
  readonly form: 'function' | 'custom' | 'search'
  /** The item without its input. */
  readonly head: JsonObject & { readonly type: string }
  /** The id as the upstream gave it. */
  readonly id: string
  input: string
  open: boolean
  /** Made with the first piece of input. */
  write?: WriteDelta
}

export type CallWriterOptions = {
  readonly items: OutputItems
  readonly losses: Losses
  /** The tools of the request; without them a call to the client's own search for tools is one to a function. */
  readonly tools?: readonly Tool[]
}

/** Writes tool calls, several at once where the upstream streams them so; arguments live, never left empty. */
export class CallWriter {
  readonly #options: CallWriterOptions
  readonly #calls = new Map<number, Call>()
  readonly #searches: ReadonlySet<string>
  #count = 0

  constructor(options: CallWriterOptions) {
    this.#options = options
    const searches = (options.tools ?? []).filter((tool) => tool.kind === 'function' && tool.search)
    this.#searches = new Set(searches.map(({ name }) => name))
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
    const form = this.#formOf(called)
    const { namespace } = called
    const call_id = items.takeCallId(callId(called.id))
    const head =
      form === 'search'
        ? { type: 'tool_search_call', ...ownFields(called.ext), call_id, execution: 'client' }
        : {
            type: form === 'custom' ? 'custom_tool_call' : 'function_call',
            ...ownFields(called.ext),
            call_id,
            name: called.name,
            // Codex finds a tool of a namespace by both; one without the other is an unsupported call to it.
            ...(namespace !== undefined && { namespace }),
          }
    const place = items.add(PREFIXES[form], { ...head, status: 'in_progress', ...inputField(form, '') })
    this.#count++
    this.#calls.set(at, { place, form, head, id: called.id, input: '', open: true })
  }

  input(at: number, input: string): void {
    const call = this.#calls.get(at)
    if (call === undefined || !call.open || input === '') return
    call.input += input
    const type = EVENTS[call.form]
    if (type === undefined) return
    call.write ??= this.#options.items.deltas(`${type}.delta`, call.place)
    call.write(input)
  }

  end(at: number): void {
    const call = this.#calls.get(at)
    if (call === undefined || !call.open) return
    call.open = false
    const { items } = this.#options
    const { form, place, head } = call
    // Clients parse the arguments of a call without any, too.
    const input = form === 'function' && call.input.trim() === '' ? '{}' : call.input
    const field = inputField(form, input)
    const type = EVENTS[form]
    if (type !== undefined) items.emit(`${type}.done`, place, field)
    items.done(place, { ...head, status: 'completed', ...field })
  }

  #formOf({ custom, name, namespace }: Called): Call['form'] {
    if (custom) return 'custom'
    return namespace === undefined && this.#searches.has(name) ? 'search' : 'function'
  }

  /** Ends what the upstream left open. */
  endAll(): void {
    for (const at of this.#calls.keys()) this.end(at)
  }
}

const PREFIXES = { function: 'fc', custom: 'ctc', search: 'tsc' } as const

/** What the events of a call's input are called; a search has none. */
const EVENTS = {
  function: 'response.function_call_arguments',
  custom: 'response.custom_tool_call_input',
  search: undefined,
} as const

function inputField(form: Call['form'], input: string): JsonObject {
  if (form === 'search') return { arguments: searchArguments(input) }
  return { [form === 'custom' ? 'input' : 'arguments']: input }
}
