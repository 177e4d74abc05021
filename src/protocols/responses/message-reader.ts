import { asArray, asNumber, asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { decodeAnnotation } from './annotations.ts'
import { keepUnknown } from './extensions.ts'
import { remainder } from './item-host.ts'
import type { ItemHost, ItemReader } from './item-host.ts'

type Content = {
  readonly kind: 'text' | 'refusal'
  readonly at: number
  text: string
  citations: number
  readonly annotations: JsonObject[]
  closed: boolean
}

/** A message: each part of its content is a part of the answer. */
export class MessageReader implements ItemReader {
  readonly #host: ItemHost
  readonly #phase: string | undefined
  readonly #contents = new Map<number, Content>()

  constructor(item: JsonObject, host: ItemHost) {
    this.#host = host
    this.#phase = asString(item['phase'])
  }

  event(type: string, event: JsonObject): void {
    const index = asNumber(event['content_index']) ?? 0
    switch (type) {
      case 'response.content_part.added':
        if (isObject(event['part'])) this.#open(index, event['part']['type'])
        return
      case 'response.output_text.delta':
        this.#say(this.#open(index, 'output_text'), event['delta'])
        return
      case 'response.refusal.delta':
        this.#say(this.#open(index, 'refusal'), event['delta'])
        return
      case 'response.output_text.annotation.added':
        if (isObject(event['annotation']))
          this.#annotate(this.#open(index, 'output_text'), event['annotation'])
        return
      case 'response.output_text.done':
        this.#finish(index, { type: 'output_text', text: event['text'] })
        return
      case 'response.refusal.done':
        this.#finish(index, { type: 'refusal', refusal: event['refusal'] })
        return
      case 'response.content_part.done':
        if (isObject(event['part'])) this.#close(index, event['part'])
    }
  }

  done(item: JsonObject): void {
    for (const [index, part] of asArray(item['content']).entries())
      if (isObject(part)) this.#close(index, part)
    for (const content of this.#contents.values()) this.#end(content, {})
  }

  #open(index: number, type: unknown): Content | undefined {
    const known = this.#contents.get(index)
    if (known !== undefined) return known
    if (type !== 'output_text' && type !== 'refusal') return undefined
    const kind = type === 'refusal' ? 'refusal' : 'text'
    const content: Content = {
      kind,
      at: this.#host.nextPart(),
      text: '',
      citations: 0,
      annotations: [],
      closed: false,
    }
    this.#contents.set(index, content)
    if (kind === 'refusal') this.#host.saw('refusal')
    const ext = kind === 'text' ? keepUnknown({ phase: this.#phase }) : {}
    this.#host.out.write({ type: `${kind}-start`, at: content.at, ...ext })
    return content
  }

  #say(content: Content | undefined, delta: unknown): void {
    if (content === undefined || content.closed || typeof delta !== 'string' || delta === '') return
    content.text += delta
    this.#host.out.write({ type: `${content.kind}-delta`, at: content.at, text: delta })
  }

  #annotate(content: Content | undefined, annotation: JsonObject): void {
    if (content === undefined || content.closed) return
    content.citations++
    const citation = decodeAnnotation(annotation)
    if (citation === undefined) content.annotations.push(annotation)
    else this.#host.out.write({ type: 'annotation', at: content.at, citation })
  }

  /** The part's text is all there; what else it has comes with its end. */
  #finish(index: number, part: JsonObject): Content | undefined {
    const content = this.#open(index, part['type'])
    if (content !== undefined)
      this.#say(content, remainder(content.text, content.kind === 'text' ? part['text'] : part['refusal']))
    return content
  }

  #close(index: number, part: JsonObject): void {
    const content = this.#finish(index, part)
    if (content === undefined || content.closed) return
    for (const annotation of asArray(part['annotations']).slice(content.citations))
      if (isObject(annotation)) this.#annotate(content, annotation)
    this.#end(content, part)
  }

  #end(content: Content, { logprobs }: JsonObject): void {
    if (content.closed) return
    content.closed = true
    const { annotations } = content
    const fields = {
      ...(annotations.length > 0 && { annotations }),
      ...(asArray(logprobs).length > 0 && { logprobs }),
    }
    this.#host.out.write({ type: 'part-end', at: content.at, ...keepUnknown(fields) })
  }
}
