import type { Losses } from '../../ir/dropped.ts'
import { parseJson } from '../../ir/json.ts'
import type { Seal } from '../../ir/seal.ts'
import type { WriteDelta } from '../../stream/delta-frame.ts'
import { CallIds, encodeSignature } from './reply-parts.ts'

type Call = {
  /** The call's place among the calls that the client sees; undefined for one that it is not shown. */
  readonly index: number | undefined
  readonly id: string
  readonly custom: boolean
  input: string
  open: boolean
  /** Made with the first piece of input. */
  write?: WriteDelta
}

export type CallWriterOptions = {
  /** Clients that declared `functions` read one `function_call`. */
  readonly form: 'tool_calls' | 'function_call'
  readonly losses: Losses
  /** Sends one delta. */
  readonly delta: (delta: object) => void
  /** A writer of deltas that differ in one string; what their JSON has before and after it. */
  readonly stream: (before: string, after: string) => WriteDelta
}

/** Streams tool calls to a Chat client: numbered from 0 in order of appearance, arguments live, never left empty. */
export class CallWriter {
  readonly #options: CallWriterOptions
  readonly #calls = new Map<number, Call>()
  readonly #ids = new CallIds()
  #count = 0
  #torn = false

  constructor(options: CallWriterOptions) {
    this.#options = options
  }

  /** True when the client was sent a call. */
  get any(): boolean {
    return this.#count > 0
  }

  /** True when the arguments of every call that has ended are JSON, so that a client can execute it. */
  get complete(): boolean {
    return !this.#torn
  }

  has(at: number): boolean {
    return this.#calls.has(at)
  }

  start(at: number, called: { readonly id: string; readonly name: string; readonly custom?: true }): void {
    const { name, custom = false } = called
    const known = this.#calls.get(at)
    // A call without a name cannot be executed; one that is open already does not start again.
    if (name === '' || (known !== undefined && (known.id === called.id || known.open))) return
    const legacy = this.#options.form === 'function_call'
    const index = legacy && this.#count > 0 ? undefined : this.#count++
    const id = this.#ids.take(called.id)
    this.#calls.set(at, { index, id, custom, input: '', open: true })
    if (index === undefined)
      this.#options.losses.content(`function_call ${name}`, 'a second call; the client reads one')
    else if (legacy) this.#options.delta({ function_call: { name, arguments: '' } })
    else if (custom) this.#send({ index, id, type: 'custom', custom: { name, input: '' } })
    else this.#send({ index, id, type: 'function', function: { name, arguments: '' } })
  }

  input(at: number, input: string): void {
    const call = this.#calls.get(at)
    if (call?.index === undefined || !call.open || input === '') return
    call.input += input
    call.write ??= this.#writerOf(call.index, call.custom)
    call.write(input)
  }

  #writerOf(index: number, custom: boolean): WriteDelta {
    const { form, stream } = this.#options
    if (form === 'function_call') return stream('{"function_call":{"arguments":', '}}')
    const field = custom ? '"custom":{"input":' : '"function":{"arguments":'
    return stream(`{"tool_calls":[{"index":${index},${field}`, '}}]}')
  }

  end(at: number, seal?: Seal): void {
    const call = this.#calls.get(at)
    if (call?.index === undefined || !call.open) return
    // Clients parse the arguments of a call without any, too.
    if (call.input === '' && !call.custom) this.input(at, '{}')
    call.open = false
    this.#torn ||= !call.custom && parseJson(call.input) === undefined
    if (seal !== undefined && this.#options.form === 'tool_calls')
      this.#send({ index: call.index, ...encodeSignature(seal) })
  }

  /** Ends what the upstream left open. */
  endAll(): void {
    for (const at of this.#calls.keys()) this.end(at)
  }

  #send(call: object): void {
    this.#options.delta({ tool_calls: [call] })
  }
}
