import { compact } from '../../ir/json.ts'
import type { Part, ToolResultPart } from '../../ir/part.ts'
import { repairHistory } from '../../ir/repair.ts'
import type { Turn } from '../../ir/request.ts'
import { callId } from './call-ids.ts'
import { encodeAssistantPart, withoutId } from './encode-assistant.ts'
import { encodeInputPart } from './encode-content.ts'
import type { Encoding } from './encode-content.ts'
import { ownFields, reportForeign } from './extensions.ts'
import { isItem } from './hosted-items.ts'
import { encodeFound } from './tool-search.ts'
import type { ResponsesContentPart, ResponsesItem } from './wire.ts'

/** What stands before the conversation, and the conversation. */
export type EncodedTurns = { readonly instructions?: string; readonly input: readonly ResponsesItem[] }

export type Conversation = {
  readonly turns: readonly Turn[]
  /** `upstream`: it holds the turns before these, so calls and results need not pair here. */
  readonly history: 'complete' | 'upstream'
}

/**
 * Turns as items. Leading system turns become `instructions`, wherever that can hold them; all others stay in their place.
 * Deterministic and append-only: a longer history begins with the same items, so that the upstream's prompt cache holds.
 */
export function encodeTurns({ turns, history }: Conversation, encoding: Encoding): EncodedTurns {
  const { dialect, losses } = encoding
  const repaired = history === 'complete' ? repairHistory(turns, losses) : turns
  const leading = leadingInstructions({ turns: repaired, history }, encoding)
  const builder = new InputBuilder(encoding)
  for (const [index, turn] of repaired.entries())
    if (index >= leading.length) builder.turn(turn, `messages[${index}]`)
  if (turns.at(-1)?.role === 'assistant' && !dialect.prefill)
    losses.approximated(`messages[${turns.length - 1}]`, 'taken as history, not continued')
  return { ...encodeInstructions(leading, encoding), input: builder.finish() }
}

/** The system turns at the head, as long as they are text alone. */
function leadingInstructions({ turns, history }: Conversation, { dialect }: Encoding): readonly Turn[] {
  const holds = (turn: Turn): boolean =>
    turn.role === 'system' &&
    turn.ext?.responses === undefined &&
    turn.parts.every(
      // A string has no place for breakpoints.
      (part) => part.kind === 'text' && !(dialect.cacheBreakpoints && part.cache !== undefined),
    )
  const end = turns.findIndex((turn) => !holds(turn))
  const leading = end < 0 ? turns : turns.slice(0, end)
  // All or none: what stood first must not come after what stood second.
  if (turns[leading.length]?.role === 'system') return []
  // Instructions alone are a question elsewhere, and the API wants an input.
  const saysMore = turns
    .slice(leading.length)
    .some(({ parts, ext }) => ext !== undefined || !parts.every(isBlank))
  return saysMore || history === 'upstream' ? leading : []
}

const isBlank = (part: Part): boolean => part.kind === 'text' && part.text === ''

function encodeInstructions(
  turns: readonly Turn[],
  { losses }: Encoding,
): { readonly instructions?: string } {
  for (const [index, turn] of turns.entries()) {
    reportForeign(`messages[${index}]`, turn.ext, losses)
    for (const part of turn.parts) reportForeign(`messages[${index}].content`, part.ext, losses)
  }
  const texts = turns
    .flatMap((turn) => turn.parts)
    .flatMap((part) => (part.kind === 'text' && part.text !== '' ? [part.text] : []))
  if (texts.length === 0) return {}
  if (texts.length > 1) losses.approximated('instructions', 'several texts, joined by blank lines')
  return { instructions: texts.join('\n\n') }
}

class InputBuilder {
  readonly #encoding: Encoding
  readonly #items: ResponsesItem[] = []
  /** Reasoning that waits for what it led to: OpenAI refuses it without its following item. */
  #reasoning: { readonly item: ResponsesItem; readonly path: string }[] = []

  constructor(encoding: Encoding) {
    this.#encoding = encoding
  }

  turn(turn: Turn, path: string): void {
    reportForeign(path, turn.ext, this.#encoding.losses)
    const tools = turn.ext?.responses?.['additional_tools']
    if (tools !== undefined) this.#pushOther(tools as ResponsesItem)
    else if (turn.role === 'assistant') this.#assistant(turn, path)
    else this.#spoken(turn, path)
  }

  finish(): readonly ResponsesItem[] {
    this.#dropReasoning()
    return this.#items
  }

  #assistant(turn: Turn, path: string): void {
    const message = new MessageBuilder(turn, this.#encoding)
    for (const [index, part] of turn.parts.entries()) {
      const said = encodeAssistantPart(part, turn, `${path}.content[${index}]`, this.#encoding)
      if (said === undefined) continue
      if ('content' in said) {
        message.add(said.content)
        continue
      }
      this.#pushAnswer(message.take())
      if ('item' in said) this.#pushAnswer(said.item)
      else this.#reasoning.push({ item: said.reasoning, path: said.path })
    }
    this.#pushAnswer(message.take())
  }

  /** A turn of the user or the system: results and other items each by itself, all else as one message. */
  #spoken(turn: Turn, path: string): void {
    const message = new MessageBuilder(turn, this.#encoding)
    for (const [index, part] of turn.parts.entries()) {
      const at = `${path}.content[${index}]`
      const item = this.#itemOf(part, at)
      if (item === undefined) message.add(...encodeInputPart(part, at, this.#encoding))
      else {
        this.#pushOther(message.take())
        this.#pushOther(item)
      }
    }
    this.#pushOther(message.take())
  }

  #itemOf(part: Part, path: string): ResponsesItem | undefined {
    if (part.kind === 'tool-result') return encodeResult(part, path, this.#encoding)
    return part.kind === 'opaque' && isItem(part) && part.origin === 'responses'
      ? (part.value as ResponsesItem)
      : undefined
  }

  #pushAnswer(item: ResponsesItem | undefined): void {
    if (item === undefined) return
    this.#items.push(...this.#reasoning.map((held) => held.item), item)
    this.#reasoning = []
  }

  #pushOther(item: ResponsesItem | undefined): void {
    if (item === undefined) return
    this.#dropReasoning()
    this.#items.push(item)
  }

  #dropReasoning(): void {
    for (const { path } of this.#reasoning)
      this.#encoding.losses.unsupported(path, 'reasoning that led to nothing')
    this.#reasoning = []
  }
}

/** Gathers what a turn says into its message; a call in between makes a second one. */
class MessageBuilder {
  readonly #turn: Turn
  readonly #encoding: Encoding
  #content: ResponsesContentPart[] = []
  #fields: object

  constructor(turn: Turn, encoding: Encoding) {
    this.#turn = turn
    this.#encoding = encoding
    this.#fields = withoutId(ownFields(turn.ext), encoding)
    if (turn.name !== undefined)
      encoding.losses.unsupported('messages.name', 'Responses names no participants')
  }

  add(...parts: readonly ResponsesContentPart[]): void {
    this.#content.push(...parts)
  }

  /** The message so far, if it says anything. */
  take(): ResponsesItem | undefined {
    if (this.#content.length === 0) return undefined
    const content = this.#content
    const fields = this.#fields
    this.#content = []
    this.#fields = {}
    const { phase } = this.#turn
    return { type: 'message', role: this.#role(), content, ...compact({ phase }), ...fields }
  }

  #role(): string {
    const { role } = this.#turn
    const { systemRole } = this.#encoding.dialect
    return (role === 'system' || role === 'developer') && systemRole !== 'as-given' ? systemRole : role
  }
}

/** A result: a string where it is text alone, which every server reads, else a list of parts. */
function encodeResult(part: ToolResultPart, path: string, encoding: Encoding): ResponsesItem {
  const { losses, breakpoints } = encoding
  reportForeign(path, part.ext, losses)
  if (part.search)
    return encodeFound({ ...part, callId: callId(part.callId) }, withoutId(ownFields(part.ext), encoding))
  const parts = part.content.flatMap((inner, index) =>
    encodeInputPart(inner, `${path}.content[${index}]`, encoding),
  )
  if (part.isError) losses.approximated(`${path}.is_error`, 'told by a prefix')
  const plain = parts.every((each) => each.type === 'input_text' && Object.keys(each).length === 2)
  const mark = plain && parts.length === 0 ? {} : breakpoints.take(part.cache)
  if (plain && parts.length > 1 && !('prompt_cache_breakpoint' in mark))
    losses.approximated(path, 'several texts, joined by line breaks')
  return {
    type: part.custom ? 'custom_tool_call_output' : 'function_call_output',
    ...withoutId(ownFields(part.ext), encoding),
    call_id: callId(part.callId),
    output:
      plain && !('prompt_cache_breakpoint' in mark)
        ? joined(parts, part.isError === true)
        : marked(parts, mark, part.isError === true),
  }
}

function joined(parts: readonly ResponsesContentPart[], isError: boolean): string {
  const text = parts.map((part) => String(part['text'])).join('\n')
  return isError ? `Error: ${text}` : text
}

function marked(
  parts: readonly ResponsesContentPart[],
  mark: object,
  isError: boolean,
): ResponsesContentPart[] {
  const all = isError ? [{ type: 'input_text', text: 'Error:' }, ...parts] : [...parts]
  const last = all.at(-1)
  return last === undefined ? all : [...all.slice(0, -1), { ...last, ...mark }]
}
