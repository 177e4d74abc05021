import type { Part } from '../ir/part.ts'
import type { ModelRequest, Turn } from '../ir/request.ts'
import { asArray, isObject } from '../ir/json.ts'
import type { Exchange } from './exchange.ts'
import type { Outline } from './outline.ts'
import type { Target } from './target.ts'

/** What is to be translated, and how JSON that was made from it is written. */
export type Translatable = {
  readonly request: ModelRequest
  readonly write: (json: string) => Buffer | string
}

/** The request for the translating lane: its outline where nothing on the way looks into long texts. */
export function translatable(exchange: Exchange, { codec }: Target): Translatable {
  const { outline } = exchange
  if (outline === undefined || looksIntoTexts(exchange))
    return { request: exchange.request, write: (json) => json }
  const outlined = exchange.outlinedRequest
  const hashesSystem = 'promptCacheKey' in codec.dialect && codec.dialect.promptCacheKey === true
  return {
    request: hashesSystem
      ? { ...outlined, turns: outlined.turns.map((turn) => withWhole(turn, outline)) }
      : outlined,
    write: (json) => outline.fill(json),
  }
}

/**
 * A search is told to the client by the question that led to it, citations say where in a text they belong, and a
 * server's reasoning details may repeat the reasoning beside them.
 */
function looksIntoTexts({ client, outlinedWire, outlinedRequest: { tools, turns } }: Exchange): boolean {
  return (
    tools.some((tool) => tool.kind === 'web-search') ||
    turns.some(({ parts }) => parts.some(isCited)) ||
    (client.id === 'chat' &&
      asArray(outlinedWire['messages']).some(
        (message) => isObject(message) && 'reasoning_details' in message,
      ))
  )
}

function isCited(part: Part): boolean {
  return part.kind === 'tool-result'
    ? part.content.some(isCited)
    : part.kind === 'text' && part.citations !== undefined
}

/** The leading instructions with all their text: a key for the upstream's cache is made from them. */
function withWhole(turn: Turn, outline: Outline): Turn {
  if (turn.role !== 'system' && turn.role !== 'developer') return turn
  const parts = turn.parts.map((part) =>
    part.kind === 'text' ? { ...part, text: outline.whole(part.text) } : part,
  )
  return { ...turn, parts }
}
