import { GatewayError } from '../../errors.ts'
import type { ModelEvent } from '../../ir/event.ts'
import { asArray, asNumber, asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Part } from '../../ir/part.ts'
import type { Finish } from '../../ir/response.ts'
import type { Usage } from '../../ir/usage.ts'
import type { Sink } from '../../stream/sink.ts'
import { decodeCall, decodeWhole, signatureOf } from './decode-part.ts'
import { decodeError } from './errors.ts'
import { keepUnknown } from './extensions.ts'
import { camelFields } from './fields.ts'
import { decodeBlock, decodeFinish, isFailure } from './finish.ts'
import { citationsOf, queriesIn, searchParts } from './grounding.ts'
import type { Span } from './grounding.ts'
import { PartialArguments } from './partial-arguments.ts'
import { decodeUsage } from './usage.ts'

/** The text or thought that is being written. `signature` seals a thought; on a text it came after its words. */
type Open = { readonly kind: 'text' | 'reasoning'; readonly at: number; text: string; signature?: string }

/**
 * Reads an answer chunk by chunk into events. A whole answer is one chunk, so that both ways of answering are read by the
 * same code. Only the first candidate becomes events; others are passed on as they are.
 */
export class AnswerReader {
  readonly #out: Sink<ModelEvent>
  #state: 'waiting' | 'open' | 'over' = 'waiting'
  #id = ''
  #parts = 0
  #calls = 0
  #open: Open | undefined
  #partial: { readonly at: number; readonly input: PartialArguments } | undefined
  #counts: JsonObject = {}
  #usage: Usage | undefined
  #usageTold = false
  /** Why the prompt was refused, when it was. */
  #blocked: Finish | undefined
  #finishReason: string | undefined
  #candidate: JsonObject = {}
  #grounding: JsonObject = {}
  readonly #spans: Span[] = []
  /** Searches that stand among the answer's parts; others are told beside them only. */
  readonly #searchCalls: string[] = []

  constructor(out: Sink<ModelEvent>) {
    this.#out = out
  }

  /** True after the terminal event. */
  get over(): boolean {
    return this.#state === 'over'
  }

  chunk(wire: JsonObject): void {
    if (this.over) return
    const { error, candidates, usageMetadata, promptFeedback, ...rest } = camelFields(wire)
    if (error !== undefined) {
      this.fail(decodeError({ status: 200, headers: {}, body: JSON.stringify({ error }) }))
      return
    }
    const list = asArray(candidates).filter(isObject)
    if (list.length > 0 || usageMetadata !== undefined || promptFeedback !== undefined) this.#start(rest)
    this.#count(usageMetadata)
    for (const candidate of list) {
      if ((asNumber(candidate['index']) ?? 0) > 0) {
        this.#out.write({ type: 'opaque', origin: 'gemini', value: { candidates: [candidate] } })
      } else this.#read(camelFields(candidate))
      if (this.over) return
    }
    this.#blocked ??= decodeBlock(promptFeedback)
  }

  /** The input has ended. */
  end(): void {
    if (this.over) return
    if (this.#finishReason !== undefined || this.#blocked !== undefined) this.#complete()
    else
      this.fail(new GatewayError('upstream-broken', 'the upstream ended its answer before it was complete'))
  }

  fail(error: GatewayError): void {
    if (this.over) return
    this.#state = 'over'
    this.#out.write({ type: 'error', error })
  }

  #start({ responseId, modelVersion, createTime: _, ...rest }: JsonObject): void {
    if (this.#state !== 'waiting') return
    this.#state = 'open'
    this.#id = asString(responseId) ?? ''
    this.#out.write({
      type: 'response-start',
      id: this.#id,
      model: asString(modelVersion) ?? '',
      ...keepUnknown(rest),
    })
  }

  /** Told early, for clients that want the prompt's size at the start, and once more at the end. */
  #count(wire: unknown): void {
    // Late chunks leave out what earlier ones counted.
    this.#counts = { ...this.#counts, ...camelFields(wire) }
    const usage = decodeUsage(this.#counts)
    if (usage === undefined) return
    this.#usage = usage
    if (this.#usageTold) return
    this.#usageTold = true
    this.#out.write({ type: 'usage', usage })
  }

  #read(candidate: JsonObject): void {
    const { content, finishReason, groundingMetadata, index: _, ...rest } = candidate
    for (const part of asArray(camelFields(content)['parts'])) this.#part(camelFields(part))
    this.#candidate = { ...this.#candidate, ...rest }
    if (isObject(groundingMetadata)) this.#grounding = { ...this.#grounding, ...groundingMetadata }
    const raw = asString(finishReason)
    if (raw === undefined || raw === '') return
    if (isFailure(raw)) {
      const said = asString(candidate['finishMessage'])
      const message = `the model gave up its answer: ${raw}${said === undefined ? '' : ` (${said})`}`
      this.fail(
        new GatewayError('upstream-broken', message, { retry: 'same', details: { upstreamCode: raw } }),
      )
    } else this.#finishReason = raw
  }

  #part(part: JsonObject): void {
    const signature = signatureOf(part)
    if (isObject(part['functionCall'])) this.#call(part, signature)
    else if (typeof part['text'] === 'string') {
      if (part['thought'] === true) this.#think(part['text'], signature)
      else this.#say(part['text'], signature)
    } else if (Object.keys(part).length > 0) this.#whole(decodeWhole(part, this.#callId(this.#parts)))
  }

  #think(text: string, signature: string | undefined): void {
    const known = this.#open?.kind === 'reasoning' && this.#open.signature === undefined
    const open = known && this.#open !== undefined ? this.#open : this.#begin('reasoning')
    this.#append(open, text)
    if (signature !== undefined) open.signature = signature
  }

  /** A signature before any words seals the thinking that led to them; one after them is thinking without words. */
  #say(text: string, signature: string | undefined): void {
    let open = this.#open
    if (signature !== undefined && open?.kind !== 'text') this.#seal(signature)
    else if (signature !== undefined && open !== undefined) open.signature = signature
    if (text === '') return
    open = this.#open
    this.#append(open?.kind === 'text' ? open : this.#begin('text'), text)
  }

  /** Seals the thought that is being written, or thinking that has no words. */
  #seal(signature: string): void {
    const open = this.#open
    const unsealed = open?.kind === 'reasoning' && open.signature === undefined ? open : undefined
    ;(unsealed ?? this.#begin('reasoning')).signature = signature
    this.#close()
  }

  #call(part: JsonObject, signature: string | undefined): void {
    const { partialArgs, willContinue, args, name, ...rest } = camelFields(part['functionCall'])
    const partial = this.#partial
    if (partial !== undefined && (name === undefined || name === '')) {
      partial.input.push(partialArgs)
      if (isObject(args)) partial.input.take(args)
      if (willContinue !== true) this.#endPartial()
      return
    }
    this.#endPartial()
    if (signature !== undefined) this.#seal(signature)
    this.#close()
    const wire = { ...part, functionCall: { ...rest, name, args } }
    const { kind: _, input, ...call } = decodeCall(wire, this.#callId(this.#calls))
    this.#calls++
    const at = this.#parts++
    this.#out.write({ type: 'tool-call-start', at, ...call })
    if (willContinue === true || partialArgs !== undefined) {
      this.#partial = { at, input: new PartialArguments() }
      this.#partial.input.push(partialArgs)
      if (isObject(args)) this.#partial.input.take(args)
      if (willContinue !== true) this.#endPartial()
      return
    }
    this.#out.write({ type: 'tool-call-delta', at, input })
    this.#out.write({ type: 'part-end', at })
  }

  #endPartial(): void {
    if (this.#partial === undefined) return
    const { at, input } = this.#partial
    this.#partial = undefined
    this.#out.write({ type: 'tool-call-delta', at, input: input.json })
    this.#out.write({ type: 'part-end', at })
  }

  #whole(part: Part): void {
    if (part.kind === 'server-tool' && part.tool === 'web-search' && part.phase === 'call')
      this.#searchCalls.push(part.id)
    this.#endPartial()
    this.#close()
    this.#out.write({ type: 'part', at: this.#parts++, part })
  }

  #begin(kind: Open['kind']): Open {
    this.#endPartial()
    this.#close()
    const open: Open = { kind, at: this.#parts++, text: '' }
    this.#open = open
    this.#out.write({ type: `${kind}-start`, at: open.at })
    return open
  }

  #append(open: Open, text: string): void {
    if (text === '') return
    open.text += text
    this.#out.write({ type: `${open.kind}-delta`, at: open.at, text })
  }

  #close(): void {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    const { kind, at, text, signature } = open
    const seal = signature !== undefined && { seal: { value: signature } }
    if (kind === 'reasoning') {
      this.#out.write({ type: 'part-end', at, ...seal })
      return
    }
    this.#spans.push({ at, text })
    this.#out.write({ type: 'part-end', at })
    if (!seal) return
    // Its words have gone out: as a thought of its own every client sends it back.
    const own = this.#parts++
    this.#out.write({ type: 'reasoning-start', at: own })
    this.#out.write({ type: 'part-end', at: own, ...seal })
  }

  #complete(): void {
    const told = { ...this.#candidate, finishReason: this.#finishReason }
    const finish = this.#blocked ?? decodeFinish(told, this.#calls > 0)
    this.#endPartial()
    this.#cite()
    this.#close()
    const webSearches = this.#searchCalls.length || queriesIn(this.#grounding).length
    const found = searchParts(this.#grounding, `search_${this.#id}`, this.#searchCalls.at(-1))
    for (const part of found) this.#whole(part)
    this.#state = 'over'
    if (this.#usage !== undefined)
      this.#out.write({ type: 'usage', usage: { ...this.#usage, ...(webSearches > 0 && { webSearches }) } })
    // On a sound end the message only says again what the parts are; nobody reads the average.
    const { finishMessage, avgLogprobs: _, ...others } = this.#candidate
    const candidate = finish.raw === 'STOP' ? others : { ...others, finishMessage }
    const own = keepUnknown(candidate)
    this.#out.write({
      type: 'response-end',
      finish,
      ...(own.ext?.gemini !== undefined && keepUnknown({ candidate: own.ext.gemini })),
    })
  }

  /** Citations come at the end, for all of the text. The last text is open still. */
  #cite(): void {
    const open = this.#open?.kind === 'text' ? [{ at: this.#open.at, text: this.#open.text }] : []
    for (const { at, citation } of citationsOf(this.#grounding, [...this.#spans, ...open]))
      this.#out.write({ type: 'annotation', at, citation })
  }

  /** Made from the answer's own id: unique in the conversation, and the same whenever it is read. */
  #callId(ordinal: number): string {
    const own = this.#id.replaceAll(/[^A-Za-z0-9]/g, '').slice(-24)
    return `call_${own}${own === '' ? '' : '_'}${ordinal}`
  }
}
