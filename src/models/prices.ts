import type { ModelProfile } from './profile.ts'
import { bestMatch, type ModelTable } from './table.ts'

export type Price = NonNullable<ModelProfile['price']>

// US dollars per million tokens at the vendor's standard rate, November 2026. Surcharges for long prompts (OpenAI
// above 272k tokens, Haiku 5.5 above 100k, Gemini above 200k) and tiers are not modelled; Azure and resellers set
// their own prices. A model without a sourced price has none, and its cost is unknown rather than guessed.
// platform.claude.com/docs pricing · developers.openai.com/api/docs/pricing · ai.google.dev pricing ·
// api-docs.deepseek.com pricing.

/** Claude: a cache read costs a tenth of the input, a five-minute write a quarter more than the input. */
function claude(input: number, output: number): Price {
  return { input, output, cacheRead: dollars(input * 0.1), cacheWrite: dollars(input * 1.25) }
}

/** OpenAI: no charge for cache writes before gpt-5.6. */
function openai(input: number, cacheRead: number, output: number): Price {
  return { input, output, cacheRead }
}

/** From gpt-5.6 on a cache write costs a quarter more than the input. */
function openaiWithWrites(input: number, cacheRead: number, output: number): Price {
  return { input, output, cacheRead, cacheWrite: dollars(input * 1.25) }
}

/** Products of prices without the dust of binary fractions. */
function dollars(value: number): number {
  return Number(value.toFixed(6))
}

const prices: ModelTable<Price> = {
  'opus-5-5': claude(4, 20),
  'sonnet-5-5': claude(2, 10),
  'haiku-5-5': claude(0.1, 0.5),
  'fable-5-1': claude(10, 50),
  'mythos-5-1': claude(10, 50),
  'fable-5': claude(10, 50),
  'mythos-5': claude(10, 50),
  'opus-5': claude(5, 25),
  'sonnet-5': claude(2, 10),
  'opus-4-8': claude(5, 25),
  'opus-4-7': claude(5, 25),
  'opus-4-6': claude(5, 25),
  'sonnet-4-6': claude(3, 15),
  'opus-4-5': claude(5, 25),
  'sonnet-4-5': claude(3, 15),
  'haiku-4-5': claude(1, 5),
  'opus-4-1': claude(15, 75),
  'opus-4': claude(15, 75),
  'sonnet-4': claude(3, 15),
  'sonnet-3-7': claude(3, 15),
  'haiku-3-5': claude(0.8, 4),

  'gpt-6-1-sol': openaiWithWrites(2, 0.1, 10),
  'gpt-6-1-terra': openaiWithWrites(1, 0.05, 5),
  'gpt-6-astra': openai(10, 1, 50),
  'gpt-6-sol': openaiWithWrites(2, 0.2, 10),
  'gpt-6-luna': openai(0.1, 0.01, 0.5),
  // Cut twice since July 2026; sources that look at later dates disagree about Sol.
  'gpt-5-6-sol': openaiWithWrites(4, 0.4, 20),
  // The bare name is an alias of Sol.
  'gpt-5-6': openaiWithWrites(4, 0.4, 20),
  'gpt-5-6-terra': openaiWithWrites(2, 0.2, 12),
  'gpt-5-6-luna': openaiWithWrites(0.2, 0.02, 1.2),
  'gpt-5-5': openai(5, 0.5, 30),
  'gpt-5-4': openai(2.5, 0.25, 15),
  'gpt-5-3-codex': openai(1.75, 0.175, 14),
  'gpt-5-2': openai(1.75, 0.175, 14),
  'gpt-5-1': openai(1.25, 0.125, 10),
  'gpt-5-1-codex-mini': openai(0.25, 0.025, 2),
  'gpt-5': openai(1.25, 0.125, 10),
  'gpt-5-mini': openai(0.25, 0.025, 2),
  'gpt-5-nano': openai(0.05, 0.005, 0.4),
  'gpt-4-1': openai(2, 0.5, 8),
  'gpt-4-1-mini': openai(0.4, 0.1, 1.6),
  'gpt-4-1-nano': openai(0.1, 0.025, 0.4),
  'gpt-4o': openai(2.5, 1.25, 10),
  'gpt-4o-mini': openai(0.15, 0.075, 0.6),
  o1: openai(15, 7.5, 60),
  o3: openai(2, 0.5, 8),
  'o3-mini': openai(1.1, 0.55, 4.4),
  'o4-mini': openai(1.1, 0.275, 4.4),

  'gemini-3-8-flash': { input: 0.75, output: 3.75 },
  'gemini-2-5-pro': { input: 1.25, output: 10, cacheRead: 0.125 },
  'gemini-2-5-flash': { input: 0.3, output: 2.5, cacheRead: 0.03 },

  'deepseek-v4-flash': { input: 0.14, output: 0.28, cacheRead: 0.0028 },
  'deepseek-v4-pro': { input: 0.435, output: 0.87, cacheRead: 0.003625 },
}

/**
 * Names that share a priced name but not its price: the expensive `-pro` siblings, the small ones whose price is
 * not sourced, and what others made out of a model.
 */
const unpriced: ModelTable<true> = {
  'fable-5-2': true,
  'mythos-5-2': true,
  'gpt-5-pro': true,
  'gpt-5-2-pro': true,
  'gpt-5-4-pro': true,
  'gpt-5-4-mini': true,
  'gpt-5-4-nano': true,
  'gpt-5-5-pro': true,
  'gpt-5-6-cyber': true,
  'gpt-6-cyber': true,
  'gpt-6-rosalind': true,
  'gpt-4o-audio-preview': true,
  'gpt-4o-mini-audio-preview': true,
  'gpt-4o-search-preview': true,
  'gpt-4o-mini-search-preview': true,
  'o1-pro': true,
  'o1-mini': true,
  'o1-preview': true,
  'o3-pro': true,
  'o3-deep-research': true,
  'o4-mini-deep-research': true,
  'gemini-2-5-flash-lite': true,
  'gemini-2-5-flash-image': true,
  'gemini-2-5-computer-use': true,
}

const table: ModelTable<Price | true> = { ...prices, ...unpriced }

/** What the vendor asks for a model, in US dollars per million tokens; undefined when that is not known. */
export function priceOf(model: string): Price | undefined {
  const found = bestMatch(table, model)
  return found === true ? undefined : found
}
