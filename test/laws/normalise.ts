/**
 * What the laws hold to be the same. Each rule below is a liberty that every encoder has; anything beyond it is a loss and
 * must be reported as one.
 *
 * 1. Neighbouring turns of one role are one turn (Anthropic merges them; Chat has one message for each result).
 * 2. Blank texts say nothing; neighbouring texts without marks of their own are one text.
 * 3. A tool's input is its JSON value, not its spelling; no input is `{}`.
 * 4. Defaults written out equal defaults left out: `tool_choice: auto`, parallel calls allowed, a five-minute cache mark,
 *    a tool that is not strict, a forbidden second call where the first is forbidden too, an answer that nobody stores.
 * 5. Results of tools come first in their turn.
 * 6. Answers are renamed on their way: id, model and creation time are the gateway's own.
 * 7. A seal is its value; who issued it is the gateway's knowledge.
 * 8. A refusal is a text to protocols that tell it by the reason for stopping.
 * 9. Wishes about the reply's form on the wire (streamed or not, with a usage chunk) are no content, nor is the cache mark
 *    that an encoder adds where the client set none.
 * 10. What a decoder keeps of its own wire (`ext`) is no part of the meaning. That foreign `ext` is reported has its own test.
 */
import { parseJson } from '../../src/ir/json.ts'
import type { Part } from '../../src/ir/part.ts'
import type { ModelRequest, Turn } from '../../src/ir/request.ts'
import type { ModelResponse } from '../../src/ir/response.ts'

export function normaliseRequest(request: ModelRequest): unknown {
  const { turns, tools, toolChoice, parallelToolCalls, cache, state, ...others } = request
  const { stream: _, streamUsage: __, ...rest } = others
  const mayCall = tools.length > 0 && toolChoice?.mode !== 'none'
  return canonical({
    ...rest,
    cache:
      cache?.key === undefined && cache?.retention === undefined
        ? undefined
        : { ...cache, automatic: undefined },
    state: state === undefined || Object.values(state).every((value) => value === false) ? undefined : state,
    turns: normaliseTurns(turns),
    tools: tools.map((tool) =>
      tool.kind === 'function' && tool.strict === false ? { ...tool, strict: undefined } : tool,
    ),
    toolChoice: toolChoice?.mode === 'auto' || tools.length === 0 ? undefined : toolChoice,
    parallelToolCalls: parallelToolCalls === false && mayCall ? false : undefined,
  })
}

export function normaliseTurns(turns: readonly Turn[]): unknown[] {
  const merged: Turn[] = []
  for (const turn of turns) {
    const last = merged.at(-1)
    if (last !== undefined && last.role === turn.role && last.name === turn.name) {
      merged[merged.length - 1] = { ...last, parts: [...last.parts, ...turn.parts] }
    } else if (turn.parts.some((part) => !isBlank(part))) merged.push(turn)
  }
  return merged.map((turn) => canonical({ ...turn, parts: normaliseParts(turn.parts) }) as object)
}

export function normaliseParts(parts: readonly Part[]): unknown[] {
  const results = parts.filter((part) => part.kind === 'tool-result')
  const others = parts
    .filter((part) => part.kind !== 'tool-result')
    .map((part): Part => (part.kind === 'refusal' ? { ...part, kind: 'text' } : part))
  const out: Part[] = []
  for (const part of [...results, ...others]) {
    if (isBlank(part)) continue
    const last = out.at(-1)
    if (last?.kind === 'text' && part.kind === 'text' && isPlain(last) && isPlain(part)) {
      out[out.length - 1] = { ...last, text: last.text + part.text }
    } else out.push(part)
  }
  return out.map(normalisePart)
}

function normalisePart(part: Part): unknown {
  const cache = part.cache === undefined ? undefined : { ...part.cache, ttl: part.cache.ttl ?? '5m' }
  const base = { ...part, cache }
  switch (part.kind) {
    case 'tool-call':
      return canonical({
        ...base,
        input: part.custom ? part.input : inputOf(part.input),
        seal: part.seal?.value,
      })
    case 'tool-result':
      return canonical({ ...base, content: normaliseParts(part.content) })
    case 'reasoning':
      return canonical({ ...base, seal: part.seal?.value })
    default:
      return canonical(base)
  }
}

/** An answer's content: what it says, why it ended, what it cost. */
export function normaliseResponse(response: ModelResponse): unknown {
  const { parts, finish, usage } = response
  return canonical({
    parts: normaliseParts(parts),
    finish: { reason: finish.reason, stop: finish.stop },
    usage: usage && {
      uncached: usage.uncached,
      cacheRead: usage.cacheRead ?? 0,
      cacheWrite: usage.cacheWrite ?? 0,
      output: usage.output,
      reasoning: usage.reasoning ?? 0,
    },
  })
}

function inputOf(input: string): unknown {
  if (input.trim() === '') return {}
  return parseJson(input) ?? input
}

const isBlank = (part: Part): boolean => part.kind === 'text' && part.text.trim() === ''

const isPlain = (part: Part): boolean =>
  Object.keys(canonical(part) as object).every((key) => key === 'kind' || key === 'text')

/** The value with its members sorted, without undefined ones and without extensions. */
export function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  const out: Record<string, unknown> = {}
  for (const key of Object.keys(value).toSorted()) {
    const member = canonical((value as Record<string, unknown>)[key])
    if (member === undefined || key === 'ext' || (key === 'citedText' && member === '')) continue
    out[key] = member
  }
  return out
}
