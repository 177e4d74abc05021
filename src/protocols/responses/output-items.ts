import type { Keeper } from '../protocol.ts'
import type { WriteDelta } from '../../stream/delta-frame.ts'
import { UniqueIds } from './call-ids.ts'
import type { ResponsesEvent, ResponsesItem } from './wire.ts'

/** An item that has begun: what its events are addressed with. */
export type ItemPlace = { readonly item_id: string; readonly output_index: number }

/** Gives a writer of events that differ in their `delta`; `before` and `after` are their other fields, around it. */
export type StreamDeltas = (before: ResponsesEvent, after: object) => WriteDelta

/**
 * The items of an answer: numbered from 0 as they begin, each with an id that depends on the answer's alone, kept whole
 * once they are done.
 */
export class OutputItems {
  readonly #answerId: string
  readonly #emit: (event: ResponsesEvent) => void
  readonly #stream: StreamDeltas
  readonly #keeper: Keeper | undefined
  readonly #ids = new UniqueIds()
  readonly #callIds = new UniqueIds()
  readonly #done: (ResponsesItem | undefined)[] = []

  constructor(
    answerId: string,
    emit: (event: ResponsesEvent) => void,
    stream: StreamDeltas,
    keeper?: Keeper,
  ) {
    this.#answerId = answerId
    this.#emit = emit
    this.#stream = stream
    this.#keeper = keeper
  }

  /** The items that are done, in the order in which they began. */
  get list(): readonly ResponsesItem[] {
    return this.#done.filter((item) => item !== undefined)
  }

  /** True when no item began after this one. */
  isLast(place: ItemPlace): boolean {
    return place.output_index === this.#done.length - 1
  }

  /** Begins an item; `prefix` says by its id what it is. An item with an id of its own keeps it. */
  add(prefix: string, item: ResponsesItem): ItemPlace {
    const index = this.#done.length
    const own = typeof item['id'] === 'string' ? item['id'] : ''
    const id = this.#ids.take(own, `${prefix}_${this.#answerId}_${index}`)
    this.#done.push(undefined)
    this.#emit({ type: 'response.output_item.added', output_index: index, item: withId(item, id) })
    return { item_id: id, output_index: index }
  }

  /** Ends an item with all that it is. */
  done({ item_id, output_index }: ItemPlace, item: ResponsesItem): void {
    const whole = withId(item, item_id)
    this.#done[output_index] = whole
    this.#keeper?.item(item_id, whole)
    this.#emit({ type: 'response.output_item.done', output_index, item: whole })
  }

  /** An item that comes whole. */
  put(prefix: string, item: ResponsesItem): void {
    this.done(this.add(prefix, item), item)
  }

  /** An event inside of an item. */
  emit(type: string, place: ItemPlace, fields: object): void {
    this.#emit({ type, ...place, ...fields })
  }

  /** A writer of such events, as there are many of. */
  deltas(type: string, place: ItemPlace, before: object = {}, after: object = {}): WriteDelta {
    return this.#stream({ type, ...place, ...before }, after)
  }

  /** A call id that no other call of this answer has. */
  takeCallId(id: string): string {
    return this.#callIds.take(id, `call_${this.#answerId}_${this.#done.length}`)
  }
}

function withId({ id: _, ...item }: ResponsesItem, id: string): ResponsesItem {
  return { id, ...item } as ResponsesItem
}
