import type { ModelRule } from './rule.ts'

/** A trailing date as vendors write it: `-20250929`, `-2025-10-06`. */
const DATE = /-(?:\d{8}|\d{4}-\d{2}-\d{2})$/
/** Claude Code's mark for the long context. */
const LONG_CONTEXT = /\[1m\]$/i

/**
 * The forms under which a requested name is looked up, in this order: as given, lower-cased, then without
 * `[1m]` and without a trailing date. No duplicates.
 */
export function nameForms(name: string): readonly string[] {
  const lower = name.toLowerCase()
  const short = lower.replace(LONG_CONTEXT, '')
  return [...new Set([name, lower, short, short.replace(DATE, '')])]
}

/**
 * The rules that fit the name in any of its forms, in the order to ask them: those that write it in full before any pattern.
 */
export function matchingRules(name: string, rules: readonly ModelRule[]): readonly ModelRule[] {
  const forms = nameForms(name)
  const { named, patterns } = indexOf(rules)
  const full = forms.flatMap((form) => named.get(form) ?? []).toSorted((a, b) => a.place - b.place)
  const fitting = patterns.filter(({ rule }) => forms.some((form) => matchesPattern(form, rule.pattern)))
  // A name with a star in it is written in full by a pattern that is the same.
  return [...new Set([...full, ...fitting])].map(({ rule }) => rule)
}

type Placed = { readonly rule: ModelRule; readonly place: number }
type RuleIndex = {
  readonly named: ReadonlyMap<string, readonly Placed[]>
  /** Those with a star. */
  readonly patterns: readonly Placed[]
}

/** A config may name thousands of models, and every request looks for one: its rules are put in order once. */
const indexes = new WeakMap<readonly ModelRule[], RuleIndex>()

function indexOf(rules: readonly ModelRule[]): RuleIndex {
  const known = indexes.get(rules)
  if (known !== undefined) return known
  const placed = rules.map((rule, place) => ({ rule, place }))
  const index = {
    named: Map.groupBy(placed, ({ rule }) => rule.pattern),
    patterns: placed.filter(({ rule }) => rule.pattern.includes('*')),
  }
  indexes.set(rules, index)
  return index
}

/** The rule that a name goes by when no rule has conditions. */
export function matchRule(name: string, rules: readonly ModelRule[]): ModelRule | undefined {
  return matchingRules(name, rules)[0]
}

/** True when the name is the pattern, or fits it where `*` stands for any run of characters. Case counts. */
export function matchesPattern(name: string, pattern: string): boolean {
  if (!pattern.includes('*')) return name === pattern
  const pieces = pattern.split('*')
  const first = pieces[0] ?? ''
  const last = pieces.at(-1) ?? ''
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last))
    return false
  let at = first.length
  const end = name.length - last.length
  for (const piece of pieces.slice(1, -1)) {
    const found = name.indexOf(piece, at)
    if (found < 0 || found + piece.length > end) return false
    at = found + piece.length
  }
  return true
}
