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
  let best: { key: string; words: number; at: number } | undefined
  for (const key of Object.keys(table)) {
    const at = positionOf(key, name)
    if (at < 0) continue
    const found = { key, words: key.split('-').length, at }
    if (best === undefined || found.words > best.words || (found.words === best.words && at > best.at))
      best = found
  }
  return best && table[best.key]
}

function positionOf(key: string, name: string): number {
  const at = name.indexOf(`-${key}-`)
  if (at < 0) return -1
  // `gpt-5` is not in `gpt-5-9`: a minor version that the table does not know is another model. Dates are longer.
  const rest = name.slice(at + key.length + 2)
  return /-\d+$/.test(key) && /^\d{1,2}-/.test(rest) ? -1 : at
}
