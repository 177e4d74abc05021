import { asArray } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Extensions, ReasoningPart } from '../../ir/part.ts'
import type { Seal } from '../../ir/seal.ts'
import type { WriteDelta } from '../../stream/delta-frame.ts'
import { ownFields } from './extensions.ts'
import type { ItemPlace, OutputItems } from './output-items.ts'
import { sealText } from './reasoning-items.ts'
import type { ResponsesItem } from './wire.ts'

type Thought = {
  readonly place: ItemPlace
  readonly ext: Extensions | undefined
  text: string
  /** Made with the first words. */
  write?: WriteDelta
}

export type ReasoningWriterOptions = {
  readonly items: OutputItems
  /** True when the client asked for seals: then the field is there even without one. */
  readonly wantsSeals: boolean
}

/** Writes reasoning as items with one summary part each; the seal comes when the item is done. */
export class ReasoningWriter {
  readonly #options: ReasoningWriterOptions
  readonly #open = new Map<number, Thought>()

  constructor(options: ReasoningWriterOptions) {
    this.#options = options
  }

  has(at: number): boolean {
    return this.#open.has(at)
  }

  start(at: number, ext?: Extensions): void {
    this.end(at)
    const place = this.#options.items.add('rs', { type: 'reasoning', summary: [] })
    this.#open.set(at, { place, ext, text: '' })
  }

  think(at: number, text: string): void {
    if (text === '') return
    const thought = this.#open.get(at)
    if (thought === undefined) return
    const { items } = this.#options
    const { place } = thought
    if (thought.text === '')
      items.emit('response.reasoning_summary_part.added', place, {
        summary_index: 0,
        part: { type: 'summary_text', text: '' },
      })
    thought.text += text
    thought.write ??= items.deltas('response.reasoning_summary_text.delta', place, { summary_index: 0 })
    thought.write(text)
  }

  end(at: number, seal?: Seal, ext?: Extensions): void {
    const thought = this.#open.get(at)
    if (thought === undefined) return
    this.#open.delete(at)
    const { items } = this.#options
    const { place, text } = thought
    if (text !== '') {
      items.emit('response.reasoning_summary_text.done', place, { summary_index: 0, text })
      items.emit('response.reasoning_summary_part.done', place, {
        summary_index: 0,
        part: { type: 'summary_text', text },
      })
    }
    const own = { ...ownFields(thought.ext), ...ownFields(ext) }
    items.done(place, this.#item(text, seal && sealText(seal, false), own))
  }

  /** Reasoning that comes whole: redacted, most of the time. */
  put(part: ReasoningPart): void {
    const secret = part.seal && sealText(part.seal, part.redacted === true)
    this.#options.items.put('rs', this.#item(part.text, secret, ownFields(part.ext)))
  }

  endAll(): void {
    for (const at of this.#open.keys()) this.end(at)
  }

  #item(text: string, secret: string | undefined, own: JsonObject): ResponsesItem {
    const { summary: _, content, ...fields } = own
    return {
      type: 'reasoning',
      ...fields,
      summary: text === '' ? [] : [{ type: 'summary_text', text }],
      ...(asArray(content).length > 0 && { content }),
      ...((secret !== undefined || this.#options.wantsSeals) && { encrypted_content: secret ?? null }),
    }
  }
}
