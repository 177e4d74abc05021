import type { Dropped } from '../ir/dropped.ts'
import type { ModelEvent } from '../ir/event.ts'
import { JsonDepth } from './json-depth.ts'
import type { Sink, Stage } from './sink.ts'

type StartEvent = Extract<ModelEvent, { type: `${string}-start`; at: number }>
type WholeEvent = Extract<ModelEvent, { type: 'part' }>
type EndEvent = Extract<ModelEvent, { type: 'part-end' }>
type DeltaEvent = Extract<ModelEvent, { type: `${string}-delta` }>
type AnnotationEvent = Extract<ModelEvent, { type: 'annotation' }>
type StreamedKind = 'text' | 'reasoning' | 'refusal' | 'tool-call'

/** One part on its way through: waiting for its turn, open towards the client, or closed. */
type Slot = {
  readonly first: StartEvent | WholeEvent
  readonly kind: StreamedKind | 'whole'
  state: 'held' | 'open' | 'closed'
  /** The number towards the client, given when the part opens. */
  at: number
  /** What arrived while the part was held; its deltas are joined. */
  readonly held: (DeltaEvent | AnnotationEvent)[]
  /** The input's own end of a held part. */
  end?: EndEvent
  /** Watches the arguments of a call; custom calls are free text and have none. */
  readonly json?: JsonDepth
}

/**
 * Puts interleaved parts in a row: at most one is open at a time, in the order of their starts, numbered from 0
 * without gaps. Every opened part gets exactly one `part-end`; nothing follows `response-end` or `error`. An error
 * leaves open what it tore: Claude Code takes a block that ends for a complete one, and then does not ask again.
 *
 * Text and reasoning give way as soon as another part starts; what they still say becomes a new part. A tool
 * call gives way once its JSON is complete, so that calls which stream one after the other all stream live; only
 * a part that starts inside an unfinished call is held back. A custom call has no JSON and gives way like text.
 *
 * `onDropped` hears of the little that then has no place left: a seal or input for a call that is already closed.
 */
export function sequence(onDropped?: (dropped: Dropped) => void): Stage<ModelEvent, ModelEvent> {
  return (out) => new Sequencer(out, onDropped)
}

class Sequencer implements Sink<ModelEvent> {
  readonly #out: Sink<ModelEvent>
  readonly #onDropped: ((dropped: Dropped) => void) | undefined
  /** The latest part of each input number. */
  readonly #slots = new Map<number, Slot>()
  /** Parts that started inside an unfinished call, in start order. */
  #waiting: Slot[] = []
  #open: Slot | undefined
  #lastText: Slot | undefined
  #next = 0
  #finished = false

  constructor(out: Sink<ModelEvent>, onDropped: ((dropped: Dropped) => void) | undefined) {
    this.#out = out
    this.#onDropped = onDropped
  }

  write(event: ModelEvent): void {
    if (this.#finished) return
    switch (event.type) {
      case 'text-start':
      case 'reasoning-start':
      case 'refusal-start':
      case 'tool-call-start':
        this.#start(newSlot(event))
        return
      case 'part':
        this.#start(newSlot(event))
        return
      case 'text-delta':
      case 'reasoning-delta':
      case 'refusal-delta':
      case 'tool-call-delta':
        this.#delta(event)
        return
      case 'annotation':
        this.#annotation(event)
        return
      case 'part-end':
        this.#end(event)
        return
      case 'response-end':
        this.#flush()
        this.#finished = true
        this.#out.write(event)
        return
      case 'error':
        this.#finished = true
        this.#out.write(event)
        return
      case 'response-start':
      case 'usage':
      case 'ping':
      case 'opaque':
        this.#out.write(event)
        return
      default:
        event satisfies never
    }
  }

  end(): void {
    if (!this.#finished) this.#flush()
    this.#finished = true
    this.#out.end()
  }

  #start(slot: Slot): void {
    const { at } = slot.first
    const previous = this.#slots.get(at)
    // A number that starts again has ended, whether or not the decoder said so.
    if (previous !== undefined && previous.state !== 'closed') this.#end({ type: 'part-end', at })
    this.#slots.set(at, slot)
    this.#waiting.push(slot)
    this.#advance()
  }

  #delta(event: DeltaEvent): void {
    const slot = this.#slots.get(event.at)
    if (slot !== undefined && slot === this.#open) {
      this.#out.write(slot.at === event.at ? event : { ...event, at: slot.at })
      if (event.type === 'tool-call-delta') {
        slot.json?.push(event.input)
        if (this.#waiting.length > 0) this.#advance()
      }
      return
    }
    if (slot?.state === 'held' && slot.end === undefined) {
      hold(slot, event)
      return
    }
    if (event.type === 'tool-call-delta') {
      // Space after the closing bracket says nothing.
      if (event.input.trim() !== '')
        this.#drop(`parts[${event.at}].input`, 'input after the end of the call', true)
      return
    }
    if (event.text === '') return
    const { at } = event
    const type = `${kindOf(event)}-start` as 'text-start' | 'reasoning-start' | 'refusal-start'
    this.#start(newSlot({ type, at }))
    this.#delta(event)
  }

  #annotation(event: AnnotationEvent): void {
    const named = this.#slots.get(event.at)
    const slot = named?.kind === 'text' ? named : this.#lastText
    if (slot === undefined) {
      // A citation before any text: its text starts here.
      this.#start(newSlot({ type: 'text-start', at: event.at }))
      this.#annotation(event)
    } else if (slot.state === 'held') hold(slot, event)
    else this.#out.write(slot.at === event.at ? event : { ...event, at: slot.at })
  }

  #end(event: EndEvent): void {
    const slot = this.#slots.get(event.at)
    if (slot !== undefined && slot === this.#open) {
      this.#close(slot, event)
      this.#advance()
    } else if (slot?.state === 'held') slot.end ??= event
    else this.#lateEnd(slot, event)
  }

  /** The end of a part that gave way before: only a seal that comes this late still matters. */
  #lateEnd(slot: Slot | undefined, event: EndEvent): void {
    const { at, seal, ext } = event
    if (seal !== undefined && slot?.kind === 'reasoning') {
      this.#start(newSlot({ type: 'reasoning-start', at }))
      this.#end(event)
      return
    }
    if (seal !== undefined) this.#drop(`parts[${at}].seal`, 'the seal came after its part was closed')
    if (ext !== undefined) this.#drop(`parts[${at}].ext`, 'fields came after their part was closed')
  }

  /** Closes what has to give way and opens what waits, as far as that goes. */
  #advance(): void {
    while (this.#waiting.length > 0) {
      const open = this.#open
      if (open !== undefined) {
        if (open.json !== undefined && !open.json.complete) return
        this.#close(open)
      }
      this.#openSlot(this.#waiting.shift()!)
    }
  }

  #openSlot(slot: Slot): void {
    slot.at = this.#next++
    const { first } = slot
    this.#out.write(first.at === slot.at ? first : { ...first, at: slot.at })
    if (slot.kind === 'whole') {
      slot.state = 'closed'
      return
    }
    slot.state = 'open'
    this.#open = slot
    if (slot.kind === 'text') this.#lastText = slot
    for (const event of slot.held) this.#out.write({ ...event, at: slot.at })
    slot.held.length = 0
    if (slot.end !== undefined) this.#close(slot, slot.end)
  }

  #close(slot: Slot, event?: EndEvent): void {
    slot.state = 'closed'
    this.#open = undefined
    this.#out.write(event === undefined ? { type: 'part-end', at: slot.at } : { ...event, at: slot.at })
  }

  /** Nothing more will come: every part is as complete as it will ever be. */
  #flush(): void {
    if (this.#open !== undefined) this.#close(this.#open)
    const waiting = this.#waiting
    this.#waiting = []
    for (const slot of waiting) {
      this.#openSlot(slot)
      if (this.#open !== undefined) this.#close(slot)
    }
  }

  #drop(path: string, note: string, content?: true): void {
    this.#onDropped?.({ path, reason: 'unsupported', note, ...(content && { content }) })
  }
}

function newSlot(first: StartEvent | WholeEvent): Slot {
  return {
    first,
    kind: first.type === 'part' ? 'whole' : kindOf(first),
    state: 'held',
    at: -1,
    held: [],
    ...(first.type === 'tool-call-start' && !first.custom && { json: new JsonDepth() }),
  }
}

function kindOf(event: StartEvent | DeltaEvent): StreamedKind {
  return event.type.slice(0, event.type.lastIndexOf('-')) as StreamedKind
}

/** Keeps an event for a part whose turn has not come; deltas of one kind become one. */
function hold(slot: Slot, event: DeltaEvent | AnnotationEvent): void {
  const last = slot.held.at(-1)
  if (event.type === 'tool-call-delta') {
    slot.json?.push(event.input)
    if (last?.type === 'tool-call-delta') {
      slot.held[slot.held.length - 1] = { ...last, input: last.input + event.input }
      return
    }
  } else if (event.type !== 'annotation' && last !== undefined && last.type === event.type) {
    slot.held[slot.held.length - 1] = { ...last, text: last.text + event.text }
    return
  }
  slot.held.push(event)
}
