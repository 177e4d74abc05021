import type { GatewayError } from '../errors.ts'
import type { ModelEvent } from './event.ts'
import type { Citation, Extensions, Part } from './part.ts'
import type { Finish, ModelResponse } from './response.ts'
import type { Seal } from './seal.ts'
import type { Usage } from './usage.ts'

/** A part under construction. `building` tells it from a part that arrived whole. */
type Open = {
  building: true
  kind: 'text' | 'reasoning' | 'refusal' | 'tool-call'
  text: string
  id?: string
  name?: string
  custom?: true
  namespace?: string
  seal?: Seal
  citations?: Citation[]
  ext?: Extensions
}

/**
 * Builds a whole response from its events, one at a time. The twin law says that this equals decoding the
 * same answer unstreamed.
 */
export class Fold {
  #id = ''
  #model = ''
  #created: number | undefined
  readonly #slots = new Map<number, Open | Part>()
  #usage: Usage | undefined
  #finish: Finish | undefined
  #error: GatewayError | undefined
  #ext: Extensions | undefined

  push(event: ModelEvent): void {
    switch (event.type) {
      case 'response-start':
        this.#id = event.id
        this.#model = event.model
        this.#created = event.created
        this.#ext = mergeExtensions(this.#ext, event.ext)
        return
      case 'text-start':
      case 'reasoning-start':
      case 'refusal-start':
        this.#open(event.at, event.type.slice(0, -6) as 'text' | 'reasoning' | 'refusal', event.ext)
        return
      case 'text-delta':
      case 'reasoning-delta':
      case 'refusal-delta':
        this.#append(event.at, event.text)
        return
      case 'tool-call-start': {
        const { type: _, at, ...call } = event
        this.#slots.set(at, { building: true, kind: 'tool-call', text: '', ...call })
        return
      }
      case 'tool-call-delta':
        this.#append(event.at, event.input)
        return
      case 'part-end': {
        const open = this.#slots.get(event.at)
        if (open === undefined || !isOpen(open)) return
        if (event.seal !== undefined) open.seal = event.seal
        const ext = mergeExtensions(open.ext, event.ext)
        if (ext !== undefined) open.ext = ext
        return
      }
      case 'part':
        this.#slots.set(event.at, event.part)
        return
      case 'annotation': {
        const open = this.#slots.get(event.at)
        if (open !== undefined && isOpen(open) && open.kind === 'text')
          (open.citations ??= []).push(event.citation)
        return
      }
      case 'usage':
        this.#usage = { ...this.#usage, ...event.usage }
        return
      case 'response-end':
        this.#finish = event.finish
        this.#ext = mergeExtensions(this.#ext, event.ext)
        return
      case 'error':
        this.#error = event.error
        return
      case 'ping':
      case 'opaque':
        return
      default:
        event satisfies never
    }
  }

  /** The error that ended the answer, if one did. */
  get error(): GatewayError | undefined {
    return this.#error
  }

  /** True once `response-end` was seen. */
  get complete(): boolean {
    return this.#finish !== undefined
  }

  /** The response so far. Without a finish event the reason is `stop`; ask `complete` first. */
  result(): ModelResponse {
    const parts = [...this.#slots.entries()].toSorted((a, b) => a[0] - b[0]).map(([, slot]) => toPart(slot))
    return {
      id: this.#id,
      model: this.#model,
      ...(this.#created !== undefined && { created: this.#created }),
      parts,
      finish: this.#finish ?? { reason: 'stop' },
      ...(this.#usage !== undefined && { usage: this.#usage }),
      ...(this.#ext !== undefined && { ext: this.#ext }),
    }
  }

  #open(at: number, kind: 'text' | 'reasoning' | 'refusal', ext: Extensions | undefined): void {
    this.#slots.set(at, { building: true, kind, text: '', ...(ext !== undefined && { ext }) })
  }

  #append(at: number, text: string): void {
    const open = this.#slots.get(at)
    if (open !== undefined && isOpen(open)) open.text += text
  }
}

/** The response that a finished list of events describes. */
export function fold(events: Iterable<ModelEvent>): ModelResponse {
  const folding = new Fold()
  for (const event of events) folding.push(event)
  return folding.result()
}

/** The events that a whole response would have streamed as. The inverse of {@link fold}. */
export function* unfold(response: ModelResponse): Generator<ModelEvent> {
  const { id, model, created, ext } = response
  yield {
    type: 'response-start',
    id,
    model,
    ...(created !== undefined && { created }),
    ...(ext !== undefined && { ext }),
  }
  for (const [at, part] of response.parts.entries()) yield* unfoldPart(at, part)
  if (response.usage !== undefined) yield { type: 'usage', usage: response.usage }
  yield { type: 'response-end', finish: response.finish }
}

function* unfoldPart(at: number, part: Part): Generator<ModelEvent> {
  const ext = part.ext === undefined ? {} : { ext: part.ext }
  switch (part.kind) {
    case 'text':
      yield { type: 'text-start', at, ...ext }
      if (part.text !== '') yield { type: 'text-delta', at, text: part.text }
      for (const citation of part.citations ?? []) yield { type: 'annotation', at, citation }
      yield { type: 'part-end', at }
      return
    case 'reasoning':
      if (part.redacted) {
        yield { type: 'part', at, part }
        return
      }
      yield { type: 'reasoning-start', at, ...ext }
      if (part.text !== '') yield { type: 'reasoning-delta', at, text: part.text }
      yield { type: 'part-end', at, ...(part.seal !== undefined && { seal: part.seal }) }
      return
    case 'refusal':
      yield { type: 'refusal-start', at, ...ext }
      if (part.text !== '') yield { type: 'refusal-delta', at, text: part.text }
      yield { type: 'part-end', at }
      return
    case 'tool-call': {
      const { kind: _, input, seal, cache: __, ...call } = part
      yield { type: 'tool-call-start', at, ...call }
      if (input !== '') yield { type: 'tool-call-delta', at, input }
      yield { type: 'part-end', at, ...(seal !== undefined && { seal }) }
      return
    }
    default:
      yield { type: 'part', at, part }
  }
}

const isOpen = (slot: Open | Part): slot is Open => 'building' in slot

function toPart(slot: Open | Part): Part {
  if (!isOpen(slot)) return slot
  const { kind, text, id, name, custom, namespace, seal, citations, ext } = slot
  const extra = ext === undefined ? {} : { ext }
  if (kind === 'tool-call') {
    return {
      kind,
      id: id ?? '',
      name: name ?? '',
      input: text,
      ...(custom && { custom }),
      ...(namespace !== undefined && { namespace }),
      ...(seal !== undefined && { seal }),
      ...extra,
    }
  }
  if (kind === 'reasoning') return { kind, text, ...(seal !== undefined && { seal }), ...extra }
  if (kind === 'refusal') return { kind, text, ...extra }
  return { kind, text, ...(citations !== undefined && { citations }), ...extra }
}

/** Two sets of extensions as one; fields of the second win. */
export function mergeExtensions(
  a: Extensions | undefined,
  b: Extensions | undefined,
): Extensions | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const out: Record<string, unknown> = { ...a }
  for (const [protocol, fields] of Object.entries(b)) {
    out[protocol] = { ...(out[protocol] as object | undefined), ...fields }
  }
  return out as Extensions
}
