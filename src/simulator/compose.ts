import type { Ask } from './ask.ts'
import { partsOf } from './script.ts'
import type { Answer, AnswerPart, Finish, FoundPage } from './script.ts'
import { countTokens } from './tokens.ts'

export type ComposedPart =
  | { readonly kind: 'thinking' | 'redacted-thinking' | 'refusal'; readonly text: string }
  /** `cites`: what the searches before it found. */
  | { readonly kind: 'text'; readonly text: string; readonly cites?: readonly FoundPage[] }
  | { readonly kind: 'web-search'; readonly query: string; readonly results: readonly FoundPage[] }
  /** `input` is JSON text; torn when the answer ran into its limit. */
  | { readonly kind: 'tool-call'; readonly name: string; readonly input: string; readonly id?: string }

/** An answer as it will be said: limits and stop sequences applied, tokens counted. */
export type Composed = {
  readonly parts: readonly ComposedPart[]
  readonly finish: Finish
  readonly rawFinish?: string
  /** The stop sequence that was met. */
  readonly stop?: string
  readonly usage: {
    readonly input: number
    readonly cacheRead: number
    readonly cacheWrite: number
    readonly output: number
    readonly reasoning: number
  }
}

/** Applies what the request limits to the answer: stop sequences first, then the output budget. */
export function compose(answer: Answer, ask: Ask): Composed {
  const spoken = withCitations(partsOf(answer).map(toComposed))
  const stopped = applyStops(spoken, ask.stops)
  const limited = applyLimit(stopped.parts, ask.maxTokens)
  const called = limited.parts.some((part) => part.kind === 'tool-call')
  const refused = limited.parts.some((part) => part.kind === 'refusal')
  const natural: Finish = called ? 'tool-calls' : refused ? 'refusal' : 'stop'
  const finish = limited.cut ? 'length' : stopped.stop !== undefined ? 'stop-sequence' : natural
  const thoughts = limited.parts.filter(
    (part) => part.kind === 'thinking' || part.kind === 'redacted-thinking',
  )
  return {
    parts: limited.parts,
    finish: answer.finish ?? finish,
    ...(answer.rawFinish !== undefined && { rawFinish: answer.rawFinish }),
    ...(stopped.stop !== undefined && !limited.cut && { stop: stopped.stop }),
    usage: {
      input: answer.usage?.input ?? ask.promptTokens,
      cacheRead: answer.usage?.cacheRead ?? 0,
      cacheWrite: answer.usage?.cacheWrite ?? 0,
      output: answer.usage?.output ?? Math.max(1, total(limited.parts)),
      reasoning: answer.usage?.reasoning ?? total(thoughts),
    },
  }
}

function toComposed(part: AnswerPart): ComposedPart {
  if ('thinking' in part) return { kind: 'thinking', text: part.thinking }
  if ('redactedThinking' in part) return { kind: 'redacted-thinking', text: part.redactedThinking }
  if ('text' in part) return { kind: 'text', text: part.text }
  if ('refusal' in part) return { kind: 'refusal', text: part.refusal }
  if ('webSearch' in part) return { kind: 'web-search', ...part.webSearch }
  const { name, input, id } = part.toolCall
  return {
    kind: 'tool-call',
    name,
    input: typeof input === 'string' ? input : JSON.stringify(input),
    ...(id !== undefined && { id }),
  }
}

function withCitations(parts: readonly ComposedPart[]): ComposedPart[] {
  const found: FoundPage[] = []
  return parts.map((part) => {
    if (part.kind === 'web-search') found.push(...part.results)
    return part.kind === 'text' && found.length > 0 ? { ...part, cites: [...found] } : part
  })
}

/** The searches of an answer. */
export function searchesIn({ parts }: Composed): (ComposedPart & { kind: 'web-search' })[] {
  return parts.filter((part) => part.kind === 'web-search')
}

function applyStops(
  parts: readonly ComposedPart[],
  stops: readonly string[],
): { parts: readonly ComposedPart[]; stop?: string } {
  for (const [index, part] of parts.entries()) {
    if (part.kind !== 'text') continue
    const hits = stops
      .map((stop) => ({ stop, at: part.text.indexOf(stop) }))
      .filter(({ stop, at }) => stop !== '' && at >= 0)
      .toSorted((a, b) => a.at - b.at)
    const first = hits[0]
    if (first === undefined) continue
    const kept = { ...part, text: part.text.slice(0, first.at) }
    return { parts: [...parts.slice(0, index), ...(kept.text === '' ? [] : [kept])], stop: first.stop }
  }
  return { parts }
}

function applyLimit(
  parts: readonly ComposedPart[],
  maxTokens: number | undefined,
): { parts: readonly ComposedPart[]; cut: boolean } {
  if (maxTokens === undefined || total(parts) <= maxTokens) return { parts, cut: false }
  const kept: ComposedPart[] = []
  let room = maxTokens
  for (const part of parts) {
    if (room <= 0) break
    const size = tokensOf(part)
    kept.push(size <= room ? part : shorten(part, room))
    room -= size
  }
  return { parts: kept, cut: true }
}

function shorten(part: ComposedPart, tokens: number): ComposedPart {
  if (part.kind === 'tool-call') return { ...part, input: head(part.input, tokens * 4) }
  if (part.kind === 'web-search') return part
  return { ...part, text: head(part.text, tokens * 4) }
}

/** The first characters of a text, never half a surrogate pair. */
function head(text: string, length: number): string {
  const cut = text.slice(0, length)
  return cut.isWellFormed() ? cut : cut.slice(0, -1)
}

function total(parts: readonly ComposedPart[]): number {
  return parts.reduce((sum, part) => sum + tokensOf(part), 0)
}

function tokensOf(part: ComposedPart): number {
  if (part.kind === 'web-search') return countTokens(part.query)
  return countTokens(part.kind === 'tool-call' ? part.input : part.text)
}
