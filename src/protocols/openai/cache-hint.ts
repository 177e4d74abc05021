import { asString, isObject } from '../../ir/json.ts'
import type { CacheHint } from '../../ir/part.ts'

const TTLS: readonly (CacheHint['ttl'] & string)[] = ['5m', '30m', '1h', '12h', '24h']

/**
 * The cache mark of a wire object, to spread: Anthropic's `cache_control`, which many Chat clients send for Claude
 * models (opencode even on tool calls), or OpenAI's `prompt_cache_breakpoint`.
 */
export function decodeCacheHint(...marks: readonly unknown[]): { readonly cache?: CacheHint } {
  const mark = marks.find((candidate) => isObject(candidate))
  if (!isObject(mark)) return {}
  const ttl = TTLS.find((known) => known === asString(mark['ttl']))
  return { cache: ttl === undefined ? {} : { ttl } }
}

/** OpenAI knows two lifetimes; shorter wishes take the short one. */
function encodeBreakpoint(hint: CacheHint): {
  readonly mode: 'explicit'
  readonly ttl?: '30m' | '12h'
} {
  if (hint.ttl === undefined || hint.ttl === '5m') return { mode: 'explicit' }
  return { mode: 'explicit', ttl: hint.ttl === '30m' ? '30m' : '12h' }
}

/** OpenAI takes four breakpoints. The first four are kept, so that a longer history begins with the same bytes. */
export class Breakpoints {
  #left: number

  constructor(accepted: boolean) {
    this.#left = accepted ? 4 : 0
  }

  /** The breakpoint field for a hint, to spread; nothing where none is accepted any more. */
  take(hint: CacheHint | undefined): { readonly prompt_cache_breakpoint?: unknown } {
    if (hint === undefined || this.#left === 0) return {}
    this.#left--
    return { prompt_cache_breakpoint: encodeBreakpoint(hint) }
  }
}
