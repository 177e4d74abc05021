import { GatewayError } from '../../errors.ts'
import type { Dropped } from '../../ir/dropped.ts'
import type { ModelEvent } from '../../ir/event.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Citation, Part } from '../../ir/part.ts'
import type { Finish } from '../../ir/response.ts'
import type { Usage } from '../../ir/usage.ts'
import { sequence } from '../../stream/sequence.ts'
import { pipe } from '../../stream/sink.ts'
import type { Sink, Stage } from '../../stream/sink.ts'
import type { FrameSink, SseEvent } from '../../stream/sse.ts'
import type { ReplyContext } from '../protocol.ts'
import { CallArguments } from './call-arguments.ts'
import { encodeCitation } from './citations.ts'
import { toolId } from './encode-content.ts'
import { errorBody } from './errors.ts'
import { ownFields } from './extensions.ts'
import { blockDeltas, type OpenPart } from './open-part.ts'
import { freeForm, oddInput, replyBlocks, streamedBlock } from './reply-blocks.ts'
import { encodeFinish, isTruncation } from './stop-reason.ts'
import { encodeUsage } from './usage.ts'
import { withWordsLast } from './words-last.ts'
import type { Block } from './wire.ts'

/**
 * A stream for a client: blocks one after another with indexes from 0, one terminal event, whatever came in. The
 * official SDK reads only the last block and drops text at an index gap, hence the strictness.
 */
export function encodeStream(context: ReplyContext): Stage<ModelEvent, SseEvent> {
  const ordered = pipe(sequence(context.onDropped), withWordsLast(context.onDropped))
  return pipe(ordered, (out) => new StreamEncoder(out, context))
}

const brokeOff = (where: string): GatewayError =>
  new GatewayError('upstream-broken', `the upstream broke off ${where}`)

const EMPTY_THINKING = { type: 'thinking', thinking: '', signature: '' }

/** Events that say nothing about how a call ended. */
const isAside = ({ type }: ModelEvent): boolean => type === 'usage' || type === 'ping' || type === 'opaque'

class StreamEncoder implements Sink<ModelEvent> {
  readonly #out: FrameSink
  readonly #context: ReplyContext
  /** Set between `response-start` and `message_start`, which waits for one event in case usage follows. */
  #pendingStart = false
  #started = false
  #finished = false
  #ext: JsonObject = {}
  #usage: Usage | undefined
  #index = 0
  #open: OpenPart | undefined
  /** A call that ended within its JSON, its block still open: why, only the next event tells. */
  #torn = false
  #toolCalls = false
  #refusal = false

  constructor(out: FrameSink, context: ReplyContext) {
    this.#out = out
    this.#context = context
  }

  write(event: ModelEvent): void {
    if (this.#finished) return
    if (event.type === 'response-start') {
      if (this.#started || this.#pendingStart) return
      this.#pendingStart = true
      this.#ext = ownFields(event.ext)
      return
    }
    if (event.type === 'usage') this.#usage = { ...this.#usage, ...event.usage }
    if (this.#pendingStart && event.type !== 'error') this.#start()
    if (this.#torn && !isAside(event)) {
      this.#settleTorn(event)
      if (this.#finished) return
    }
    switch (event.type) {
      case 'usage':
        return
      case 'text-start':
        this.#openPart('text', { type: 'text', text: '', ...ownFields(event.ext) }, event.at)
        return
      case 'refusal-start':
        this.#refusal = true
        this.#openPart('text', { type: 'text', text: '' }, event.at)
        return
      case 'reasoning-start':
        this.#openPart('reasoning', { ...EMPTY_THINKING, ...ownFields(event.ext) }, event.at)
        return
      case 'tool-call-start':
        this.#startCall(event)
        return
      case 'text-delta':
      case 'refusal-delta':
        this.#say('text', event.text)
        return
      case 'reasoning-delta':
        this.#say('reasoning', event.text)
        return
      case 'tool-call-delta':
        if (this.#open?.input !== undefined) this.#sendInput(this.#open, this.#open.input.push(event.input))
        return
      case 'annotation':
        this.#annotate(event.citation, event.at)
        return
      case 'part-end':
        this.#endPart(event.seal?.value)
        return
      case 'part':
        this.#whole(event.part, event.at)
        return
      case 'response-end':
        this.#finish(event.finish, ownFields(event.ext))
        return
      case 'error':
        this.#fail(event.error)
        return
      case 'ping':
        this.#send('ping', {})
        return
      case 'opaque':
        if (event.origin === 'messages' && typeof event.value['type'] === 'string')
          this.#send(event.value['type'], event.value)
        return
      default:
        event satisfies never
    }
  }

  end(): void {
    if (!this.#finished) this.#fail(brokeOff('before its answer was complete'))
    this.#out.end()
  }

  #start(): void {
    if (this.#started) return
    this.#pendingStart = false
    this.#started = true
    const { id, request } = this.#context
    const message = {
      id: `msg_${id}`,
      type: 'message',
      role: 'assistant',
      model: request.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: encodeUsage(this.#usage),
      ...this.#ext,
    }
    this.#send('message_start', { message })
  }

  #openPart(kind: OpenPart['kind'], start: Block, at: number, input?: CallArguments): void {
    const path = `content[${at}]`
    this.#open = { kind, start, path, begun: false, said: '', ...(input !== undefined && { input }) }
  }

  #begin(open: OpenPart): void {
    if (open.begun) return
    open.begun = true
    this.#startBlock(open.start)
  }

  #say(kind: 'text' | 'reasoning', text: string): void {
    const open = this.#open
    if (open?.kind !== kind || text === '') return
    this.#begin(open)
    open.said += text
    this.#stream(open, text)
  }

  #stream(open: OpenPart, piece: string): void {
    open.write ??= blockDeltas(this.#out, open.kind, this.#index)
    open.write(piece)
  }

  #startCall(event: Extract<ModelEvent, { type: 'tool-call-start' }>): void {
    const { id, name, custom, ext, at } = event
    const path = `content[${at}]`
    const start = { type: 'tool_use', id: toolId(id), name, input: {}, ...ownFields(ext) }
    if (name === '') {
      this.#drop({ path, reason: 'unsupported', content: true, note: 'a tool call without a name' })
      return
    }
    this.#openPart('tool-call', start, at, new CallArguments(custom === true))
    this.#toolCalls = true
    if (custom) this.#drop(freeForm(path))
    this.#begin(this.#open!)
  }

  #sendInput(open: OpenPart, piece: string): void {
    if (piece !== '') this.#stream(open, piece)
  }

  #endCall(open: OpenPart, input: CallArguments): void {
    const { rest, state } = input.end()
    this.#sendInput(open, rest)
    if (state === 'bent') this.#drop(oddInput(open.path, 'as _raw'))
    if (input.excess) this.#drop(oddInput(open.path, 'what followed the object was left out'))
    if (state === 'torn') this.#torn = true
  }

  /**
   * A call that the token limit cut ends where it was cut, as Anthropic's own: clients run what parses, whatever the
   * stop reason says, and a file written by half is worse than a call that failed. Any other torn call is an answer
   * that broke off.
   */
  #settleTorn(next: ModelEvent): void {
    this.#torn = false
    if (next.type === 'error') return
    if (next.type === 'response-end' && isTruncation(next.finish)) this.#stopBlock()
    else this.#fail(brokeOff('within the arguments of a tool call'))
  }

  #annotate(citation: Citation, at: number): void {
    const open = this.#open
    if (open?.kind !== 'text') {
      this.#drop({ path: `content[${at}].citations`, reason: 'unsupported', note: 'its text is closed' })
      return
    }
    this.#begin(open)
    this.#delta({ type: 'citations_delta', citation: encodeCitation(citation, open.said) })
  }

  #endPart(signature: string | undefined): void {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    if (open.input !== undefined) this.#endCall(open, open.input)
    if (this.#torn) return
    if (open.kind === 'reasoning' && signature !== undefined && signature !== '') {
      this.#begin(open)
      this.#delta({ type: 'signature_delta', signature })
    }
    if (open.begun) this.#stopBlock()
  }

  #whole(part: Part, at: number): void {
    if (part.kind === 'refusal') this.#refusal = true
    const context = { onDropped: (dropped: Dropped) => this.#drop(dropped), truncated: false }
    for (const block of replyBlocks(part, `content[${at}]`, context)) {
      const { start, deltas } = streamedBlock(block)
      if (block.type === 'tool_use') this.#toolCalls = true
      this.#startBlock(start)
      for (const delta of deltas) this.#delta(delta)
      this.#stopBlock()
    }
  }

  #finish(finish: Finish, own: JsonObject): void {
    this.#start()
    const { context_management, ...delta } = own
    const stop = encodeFinish(finish, { toolCalls: this.#toolCalls, refusal: this.#refusal })
    this.#send('message_delta', {
      delta: { ...stop, ...delta },
      usage: encodeUsage(this.#usage),
      ...(context_management !== undefined && { context_management }),
    })
    this.#finished = true
    this.#send('message_stop', {})
  }

  #fail(error: GatewayError): void {
    this.#finished = true
    this.#out.write({ event: 'error', data: JSON.stringify(errorBody(error)) })
  }

  #startBlock(block: Block): void {
    this.#start()
    this.#send('content_block_start', { index: this.#index, content_block: block })
  }

  #delta(delta: JsonObject): void {
    this.#send('content_block_delta', { index: this.#index, delta })
  }

  #stopBlock(): void {
    this.#send('content_block_stop', { index: this.#index })
    this.#index++
  }

  #send(type: string, fields: JsonObject): void {
    this.#out.write({ event: type, data: JSON.stringify({ type, ...fields }) })
  }

  #drop(dropped: Dropped): void {
    this.#context.onDropped?.(dropped)
  }
}
