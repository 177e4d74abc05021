import { invalidRequest } from '../../errors.ts'
import type { Losses } from '../../ir/dropped.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Part, ToolResultPart } from '../../ir/part.ts'
import { repairHistory } from '../../ir/repair.ts'
import type { Turn } from '../../ir/request.ts'
import type { GeminiDialect } from './dialect.ts'
import { encodeAnswer, withSignedCall, withThinkingBeforeCall } from './encode-answer.ts'
import { encodePart } from './encode-parts.ts'
import { encodeResult } from './encode-results.ts'
import type { ResultContext } from './encode-results.ts'
import { ownFields, reportForeign } from './extensions.ts'
import type { WireContent, WirePart } from './wire.ts'

/** What stands for a user's words where the API needs a user turn and the client gave none. */
const OPENING = 'Begin.'
/** What asks for more where a model turn cannot be continued. */
const CONTINUE = 'Continue.'

export type Conversation = {
  readonly systemInstruction?: JsonObject
  readonly contents: readonly WireContent[]
}

/**
 * The turns as `systemInstruction` and `contents`. Leading instructions become parts of the first, one for each text. The
 * rest is put into the form that the API demands: the user speaks first, neighbouring turns of one role are one, and a
 * model turn with calls is followed at once by one user turn with a response for each, in the order of the calls.
 * `instruction` is one of the gateway's own and comes last among the leading ones.
 */
export function encodeConversation(
  turns: readonly Turn[],
  dialect: GeminiDialect,
  losses: Losses,
  instruction?: string,
): Conversation {
  const count = turns.findIndex(({ role }) => role !== 'system' && role !== 'developer')
  const leading = count < 0 ? turns : turns.slice(0, count)
  const names = new Map<string, string>()
  const { callIds, multimodalResults } = dialect
  const context: ResultContext = { losses, callIds, multimodalResults, towards: 'upstream', names }
  const system = encodeSystem(leading, instruction, context)
  const rest = repairHistory(turns.slice(leading.length), losses)
  const contents: WireContent[] = []
  let calls: readonly string[] = []
  for (const [index, turn] of rest.entries()) {
    const path = `messages[${leading.length + index}]`
    reportTurn(turn, path, losses)
    if (turn.role === 'assistant') calls = [...openCalls(contents, calls), ...learnCalls(turn, names)]
    const content = encodeTurn(turn, path, calls, dialect, context)
    if (content.parts.length > 0) append(contents, content)
  }
  return {
    ...system,
    contents: withUserEnds(contents, leading, dialect, losses),
  }
}

/** Calls of the run of model turns that is still open: a run goes out as one turn. */
const openCalls = (contents: readonly WireContent[], calls: readonly string[]): readonly string[] =>
  contents.at(-1)?.role === 'model' ? calls : []

function learnCalls(turn: Turn, names: Map<string, string>): readonly string[] {
  return turn.parts.flatMap((part) => {
    if (part.kind !== 'tool-call') return []
    names.set(part.id, part.name)
    return [part.id]
  })
}

function reportTurn(turn: Turn, path: string, losses: Losses): void {
  reportForeign(path, turn.ext, losses)
  if (turn.name !== undefined) losses.unsupported(`${path}.name`)
  if (turn.phase !== undefined) losses.unsupported(`${path}.phase`)
}

function encodeSystem(
  leading: readonly Turn[],
  instruction: string | undefined,
  context: ResultContext,
): { readonly systemInstruction?: JsonObject } {
  const own: Record<string, unknown> = {}
  const parts = leading.flatMap((turn, index) => {
    const path = `messages[${index}]`
    reportTurn(turn, path, context.losses)
    Object.assign(own, ownFields(turn.ext))
    return wordsOf(turn, path, context)
  })
  if (instruction !== undefined) parts.push({ text: instruction })
  return parts.length === 0 ? {} : { systemInstruction: { parts, ...own } }
}

/** The texts of an instruction; anything else cannot be one. */
function wordsOf(turn: Turn, path: string, context: ResultContext): WirePart[] {
  return turn.parts.flatMap((part, at) => {
    const place = `${path}.content[${at}]`
    if (part.kind !== 'media') return encodePart(part, place, context)
    context.losses.content(place, `${part.media} in an instruction`)
    return []
  })
}

function encodeTurn(
  turn: Turn,
  path: string,
  calls: readonly string[],
  dialect: GeminiDialect,
  context: ResultContext,
): WireContent {
  const own = ownFields(turn.ext)
  switch (turn.role) {
    case 'user':
      return { role: 'user', parts: encodeUser(turn.parts, path, calls, context), ...own }
    case 'assistant':
      return { role: 'model', parts: encodeModel(turn.parts, path, dialect, context), ...own }
    case 'system':
    case 'developer': {
      context.losses.approximated(path, 'an instruction within the conversation, as tagged user text')
      const texts = wordsOf(turn, path, context)
      return { role: 'user', parts: texts.map((part) => ({ ...part, text: tagged(String(part['text'])) })) }
    }
    default:
      return turn.role satisfies never
  }
}

/** An instruction as a user would pass it on. In its place, never hoisted: that would rewrite the cached prefix. */
const tagged = (text: string): string => `<system-reminder>\n${text}\n</system-reminder>`

function encodeModel(
  parts: readonly Part[],
  path: string,
  dialect: GeminiDialect,
  context: ResultContext,
): readonly WirePart[] {
  const required = dialect.thoughtSignatures === 'required'
  const placed = required ? withThinkingBeforeCall(parts) : parts
  if (placed !== parts) context.losses.approximated(path, 'thinking moved before the call that it led to')
  return encodeAnswer(placed, `${path}.content`, context)
}

/** Responses first, in the order of their calls, then what of them stands beside, then the user's words. */
function encodeUser(
  parts: readonly Part[],
  path: string,
  calls: readonly string[],
  context: ResultContext,
): readonly WirePart[] {
  const results: { readonly part: ToolResultPart; readonly at: number }[] = []
  for (const [at, part] of parts.entries()) if (part.kind === 'tool-result') results.push({ part, at })
  const encoded = results
    .toSorted((a, b) => calls.indexOf(a.part.callId) - calls.indexOf(b.part.callId))
    .map(({ part, at }) => encodeResult(part, `${path}.content[${at}]`, context))
  const words = parts.flatMap((part, at) =>
    part.kind === 'tool-result' ? [] : encodePart(part, `${path}.content[${at}]`, context),
  )
  return [...encoded.map(({ response }) => response), ...encoded.flatMap(({ beside }) => beside), ...words]
}

/** Adds a turn; one of the same role as the last becomes part of it. */
function append(contents: WireContent[], content: WireContent): void {
  const last = contents.at(-1)
  if (last?.role !== content.role) contents.push(content)
  else contents[contents.length - 1] = { ...last, ...content, parts: [...last.parts, ...content.parts] }
}

function withUserEnds(
  contents: readonly WireContent[],
  leading: readonly Turn[],
  dialect: GeminiDialect,
  losses: Losses,
): readonly WireContent[] {
  if (contents.length === 0 && leading.length === 0)
    throw invalidRequest('messages: at least one message with content is required', 'messages')
  const required = dialect.thoughtSignatures === 'required'
  const out = contents.map((content) =>
    required && content.role === 'model' ? { ...content, parts: withSignedCall(content.parts) } : content,
  )
  if (out[0]?.role !== 'user') {
    losses.approximated('messages[0]', 'the API wants the user to speak first; a minimal turn was put in')
    out.unshift({ role: 'user', parts: [{ text: OPENING }] })
  }
  if (out.at(-1)?.role !== 'model' || dialect.prefill) return out
  losses.approximated(
    'messages',
    'the model continues no turn of its own; a user turn that asks for it was added',
  )
  return [...out, { role: 'user', parts: [{ text: CONTINUE }] }]
}
