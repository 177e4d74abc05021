import { asArray, asString, compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Losses } from '../../ir/dropped.ts'
import type { Citation, Extensions } from '../../ir/part.ts'
import type { WriteDelta } from '../../stream/delta-frame.ts'
import { encodeAnnotation } from './annotations.ts'
import { ownFields } from './extensions.ts'
import type { ItemPlace, OutputItems } from './output-items.ts'
import type { ResponsesContentPart } from './wire.ts'

type Message = {
  readonly place: ItemPlace
  readonly phase: string | undefined
  /** Parts in the order in which they began; one that is open is undefined. */
  readonly content: (ResponsesContentPart | undefined)[]
}

type Speech = {
  readonly kind: 'text' | 'refusal'
  readonly message: Message
  readonly index: number
  text: string
  readonly cited: JsonObject[]
  /** Citations without offsets: they mark the whole text, which is not there yet. */
  readonly waiting: Citation[]
  readonly fields: JsonObject
  /** Made with the first words. */
  write?: WriteDelta
}

export type MessageWriterOptions = {
  readonly items: OutputItems
  readonly losses: Losses
  /** What refusals are to this client: Codex shows texts only. */
  readonly refusals: 'refusal' | 'text'
}

/**
 * Writes what the model says. Texts that follow each other are parts of one message: Claude splits a paragraph at each
 * citation, and clients show each message by itself.
 */
export class MessageWriter {
  readonly #options: MessageWriterOptions
  readonly #open = new Map<
    number,
    Speech | { readonly kind: 'text' | 'refusal'; readonly ext?: Extensions }
  >()
  #message: Message | undefined
  #lastText: Speech | undefined
  /** True when the client was told a refusal. */
  refused = false

  constructor(options: MessageWriterOptions) {
    this.#options = options
  }

  has(at: number): boolean {
    return this.#open.has(at)
  }

  /** A text begins towards the client with its first words: one that stays empty says nothing. */
  start(at: number, kind: 'text' | 'refusal', ext?: Extensions): void {
    this.end(at)
    this.#open.set(at, { kind: this.#shown(kind), ...compact({ ext }) })
  }

  say(at: number, said: 'text' | 'refusal', text: string): void {
    if (text === '') return
    if (said === 'refusal') this.refused = true
    const kind = this.#shown(said)
    const known = this.#open.get(at)
    if (known !== undefined && known.kind !== kind) this.end(at)
    const speech = this.#begin(at, kind)
    speech.text += text
    speech.write ??= this.#writerOf(speech)
    speech.write(text)
  }

  #writerOf({ kind, message, index }: Speech): WriteDelta {
    const { items } = this.#options
    const before = { content_index: index }
    return kind === 'refusal'
      ? items.deltas('response.refusal.delta', message.place, before)
      : items.deltas('response.output_text.delta', message.place, before, { logprobs: [] })
  }

  /** A citation of the text `at`, or of the last one. */
  cite(at: number, citation: Citation): void {
    const known = this.#open.get(at)
    const speech =
      known === undefined && this.#lastText !== undefined ? this.#lastText : this.#begin(at, 'text')
    if (speech.kind === 'refusal' || this.#isClosed(speech)) {
      this.#options.losses.unsupported(`content[${at}].citations`, 'it came after its text')
      return
    }
    if (citation.start === undefined || citation.end === undefined) speech.waiting.push(citation)
    else this.#annotate(speech, citation)
  }

  end(at: number, ext?: Extensions): void {
    const speech = this.#open.get(at)
    this.#open.delete(at)
    if (speech === undefined || !('message' in speech)) return
    for (const citation of speech.waiting) this.#annotate(speech, citation)
    const { message, index, kind, text } = speech
    const own = { ...speech.fields, ...ownFields(ext) }
    const { items } = this.#options
    const { phase: _, logprobs: given, annotations: others, ...fields } = own
    const logprobs = asArray(given)
    const part: ResponsesContentPart =
      kind === 'refusal'
        ? { type: 'refusal', refusal: text }
        : {
            type: 'output_text',
            text,
            annotations: [...speech.cited, ...asArray(others)],
            logprobs,
            ...fields,
          }
    if (kind === 'refusal')
      items.emit('response.refusal.done', message.place, { content_index: index, refusal: text })
    else items.emit('response.output_text.done', message.place, { content_index: index, text, logprobs })
    items.emit('response.content_part.done', message.place, { content_index: index, part })
    message.content[index] = part
    if (message !== this.#message || !items.isLast(message.place)) this.#close(message)
  }

  /** Another item is about to begin: a message that nobody speaks in any more is over. */
  giveWay(): void {
    const message = this.#message
    this.#message = undefined
    if (message !== undefined) this.#close(message)
  }

  /** Ends what the upstream left open. */
  endAll(): void {
    for (const at of this.#open.keys()) this.end(at)
    this.giveWay()
  }

  #shown(kind: 'text' | 'refusal'): 'text' | 'refusal' {
    return this.#options.refusals === 'text' ? 'text' : kind
  }

  #begin(at: number, kind: 'text' | 'refusal'): Speech {
    const known = this.#open.get(at)
    if (known !== undefined && 'message' in known) return known
    const { items } = this.#options
    const fields = ownFields(known?.ext)
    const message = this.#messageFor(asString(fields['phase']))
    const speech: Speech = {
      kind,
      message,
      index: message.content.length,
      text: '',
      cited: [],
      waiting: [],
      fields,
    }
    message.content.push(undefined)
    this.#open.set(at, speech)
    if (kind === 'text') this.#lastText = speech
    const part =
      kind === 'refusal'
        ? { type: 'refusal', refusal: '' }
        : { type: 'output_text', text: '', annotations: [], logprobs: [] }
    items.emit('response.content_part.added', message.place, { content_index: speech.index, part })
    return speech
  }

  #messageFor(phase: string | undefined): Message {
    const { items } = this.#options
    const last = this.#message
    if (last !== undefined && items.isLast(last.place) && last.phase === phase) return last
    this.giveWay()
    const place = items.add('msg', {
      type: 'message',
      status: 'in_progress',
      role: 'assistant',
      ...compact({ phase }),
      content: [],
    })
    this.#message = { place, phase, content: [] }
    return this.#message
  }

  #annotate(speech: Speech, citation: Citation): void {
    const { items, losses } = this.#options
    const { message, index } = speech
    const path = `output[${message.place.output_index}]`
    const annotation = encodeAnnotation(citation, speech.text.length, path, losses)
    if (annotation === undefined) return
    items.emit('response.output_text.annotation.added', message.place, {
      content_index: index,
      annotation_index: speech.cited.length,
      annotation,
    })
    speech.cited.push(annotation)
  }

  #isClosed({ message, index }: Speech): boolean {
    return message.content[index] !== undefined
  }

  #close(message: Message): void {
    if (message.content.includes(undefined)) return
    const { phase, content } = message
    this.#options.items.done(message.place, {
      type: 'message',
      status: 'completed',
      role: 'assistant',
      ...compact({ phase }),
      content,
    })
  }
}
