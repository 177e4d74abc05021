import type { ModelProfile } from './profile.ts'

/**
 * Facts by name. A key is the part of a model's name that identifies it, in the form of {@link words} without the
 * outer dashes: `sonnet-4-5`, `gpt-5-4-mini`. Of several keys found in a name the one with the most words counts, and of
 * equals the one furthest right: in `claude-opus` that is `opus`.
 */
export type ModelTable<Facts = ModelProfile> = Readonly<Record<string, Facts>>

/** Family words that people and registries glue to their version: `gpt5`, `llama3.1`, `qwen2.5`. */
const GLUED_VERSION = /\b(claude|gpt|gemini|gemma|llama|qwen|phi|glm|grok|kimi|mistral|deepseek)(?=\d)/g
/** Azure writes gpt-3.5 as `gpt-35`, and deployments follow that: `gpt-41`, `gpt-54-mini`. */
const TWO_DIGIT_VERSION = /\bgpt-([3-9])(\d)(?=-)/g
/** Claude before 4 put the version first: `claude-3-7-sonnet`. Some registries still do. */
const VERSION_BEFORE_TIER = /\bclaude-(\d(?:-\d)?)-(opus|sonnet|haiku|fable|mythos)(?=-)/g

/**
 * A model or deployment name as lower-case words between dashes, vendor prefixes, dates and all:
 * `acme/Claude-Sonnet-4.5` → `-acme-claude-sonnet-4-5-`.
 */
export function words(model: string): string {
  const dashed = `-${model.toLowerCase().replace(/[^a-z0-9]+/g, '-')}-`.replace(/^-+|-+$/g, '-')
  return dashed
    .replace(GLUED_VERSION, '$1-')
    .replace(TWO_DIGIT_VERSION, 'gpt-$1-$2')
    .replace(VERSION_BEFORE_TIER, 'claude-$2-$1')
}

/** The facts under the key that describes the name best, else undefined. */
export function bestMatch<Facts>(table: ModelTable<Facts>, model: string): Facts | undefined {
  const name = words(model)
  let best: Key | undefined
  let bestAt = -1
  for (const key of keysOf(table)) {
    if (best !== undefined && key.words < best.words) break
    const at = positionOf(key, name)
    if (at > bestAt) [best, bestAt] = [key, at]
  }
  return best && table[best.text]
}

type Key = {
  readonly text: string
  readonly needle: string
  readonly words: number
  readonly endsInVersion: boolean
}

/** Tables are constants, and every request looks into them: their keys are prepared once, most words first. */
const prepared = new WeakMap<object, readonly Key[]>()

function keysOf(table: ModelTable<unknown>): readonly Key[] {
  const known = prepared.get(table)
  if (known !== undefined) return known
  const keys = Object.keys(table).map((text) => ({
    text,
    needle: `-${text}-`,
    words: text.split('-').length,
    endsInVersion: /-\d+$/.test(text),
  }))
  const sorted = keys.toSorted((a, b) => b.words - a.words)
  prepared.set(table, sorted)
  return sorted
}

function positionOf(key: Key, name: string): number {
  const at = name.indexOf(key.needle)
  if (at < 0 || !key.endsInVersion) return at
  // `gpt-5` is not in `gpt-5-9`: a minor version that the table does not know is another model. Dates are longer.
  return /^\d{1,2}-/.test(name.slice(at + key.needle.length)) ? -1 : at
}
