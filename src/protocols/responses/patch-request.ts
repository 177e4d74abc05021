import { Losses } from '../../ir/dropped.ts'
import type { Encoded } from '../../ir/dropped.ts'
import { asEffort, clampEffort } from '../../ir/effort.ts'
import { asArray, asNumber, asObject, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ResponsesDialect } from './dialect.ts'

/**
 * Mends a client's Responses request for an upstream that is known to refuse something in it, and touches nothing else.
 * Undefined when there is nothing to mend.
 */
export function patchRequest(wire: JsonObject, dialect: ResponsesDialect): Encoded<JsonObject> | undefined {
  const patch = new Patch(wire)
  patchLimit(patch, dialect)
  patchReasoning(patch, dialect)
  patchSampling(patch, dialect)
  patchChoice(patch, dialect)
  patch.set(
    'tools',
    mapEach(patch.get('tools'), (tool) => mendTool(tool, dialect)),
  )
  patch.set(
    'input',
    mapEach(patch.get('input'), (item) => mendItem(item, dialect)),
  )
  if (dialect.userField === 'user' && patch.get('safety_identifier') !== undefined) {
    patch.set('user', patch.get('user') ?? patch.get('safety_identifier'))
    patch.set('safety_identifier', undefined)
  }
  const text = patch.get('text')
  if (!dialect.verbosity && isObject(text) && 'verbosity' in text) {
    const { verbosity, ...rest } = text
    if (verbosity !== null) patch.losses.unsupported('text.verbosity', 'this upstream refuses it')
    patch.set('text', Object.keys(rest).length > 0 ? rest : undefined)
  }
  for (const [field, accepted] of [
    ['user', dialect.userField !== 'none'],
    ['safety_identifier', dialect.userField !== 'none'],
    ['prompt_cache_key', dialect.promptCacheKey],
    ['prompt_cache_retention', dialect.promptCacheKey],
    ['service_tier', dialect.serviceTier],
    ['metadata', dialect.metadata],
    ['parallel_tool_calls', dialect.parallelToolCalls],
    ...dialect.refusedFields.map((name) => [name, false] as const),
  ] as const)
    if (!accepted) patch.refuse(field)
  return patch.result()
}

/** A copy of the request, made when the first change is. */
class Patch {
  readonly losses = new Losses()
  #body: Record<string, unknown>
  #changed = false

  constructor(wire: JsonObject) {
    this.#body = wire as Record<string, unknown>
  }

  get(field: string): unknown {
    return this.#body[field] ?? undefined
  }

  /** Sets a field, or takes it out. */
  set(field: string, value: unknown): void {
    if (this.get(field) === value) return
    if (!this.#changed) this.#body = { ...this.#body }
    this.#changed = true
    if (value === undefined) delete this.#body[field]
    else this.#body[field] = value
  }

  refuse(field: string, note = 'this upstream refuses it'): void {
    if (!(field in this.#body)) return
    // Null means "absent", but only to those who know the field.
    if (this.#body[field] !== null) this.losses.unsupported(field, note)
    if (!this.#changed) this.#body = { ...this.#body }
    this.#changed = true
    delete this.#body[field]
  }

  result(): Encoded<JsonObject> | undefined {
    return this.#changed ? { body: this.#body, dropped: this.losses.list } : undefined
  }
}

/** The list with its members changed; the very same when none was. */
function mapEach(list: unknown, change: (member: JsonObject) => JsonObject): unknown {
  if (!Array.isArray(list)) return list
  const changed = list.map((member: unknown) => (isObject(member) ? change(member) : member))
  return changed.some((member, index) => member !== list[index]) ? changed : list
}

function patchLimit(patch: Patch, { maxOutputTokens, minOutputTokens }: ResponsesDialect): void {
  const wish = asNumber(patch.get('max_output_tokens'))
  if (wish === undefined) return
  const limit = Math.max(Math.min(wish, maxOutputTokens ?? wish), minOutputTokens)
  if (limit === wish) return
  patch.losses.approximated('max_output_tokens', `${wish} is not what this model takes: ${limit}`)
  patch.set('max_output_tokens', limit)
}

/** Codex knows efforts (`ultra`) that only its own backend has: the strongest there is comes nearest. */
function patchReasoning(patch: Patch, dialect: ResponsesDialect): void {
  const reasoning = patch.get('reasoning')
  if (!isObject(reasoning)) return
  const { effort, summary } = reasoning
  const out: Record<string, unknown> = { ...reasoning }
  if (typeof effort === 'string' && !dialect.efforts.some((level) => level === effort)) {
    const known = asEffort(effort)
    const level = known === undefined ? dialect.efforts.at(-1) : clampEffort(known, dialect.efforts)
    if (level !== undefined) patch.losses.approximated('reasoning.effort', `${effort} as ${level}`)
    else if (effort !== 'none') patch.losses.unsupported('reasoning.effort', 'this model does not reason')
    if (level === undefined) delete out['effort']
    else out['effort'] = level
  }
  const shows = dialect.reasoningSummary && dialect.efforts.length > 0
  if (!shows && summary !== undefined) {
    if (summary !== null)
      patch.losses.unsupported('reasoning.summary', 'this model does not show its reasoning')
    delete out['summary']
  }
  const same = out['effort'] === effort && out['summary'] === summary
  if (!same) patch.set('reasoning', Object.keys(out).length > 0 ? out : undefined)
}

const SAMPLING = ['temperature', 'top_p', 'top_logprobs']

function patchSampling(patch: Patch, { sampling }: ResponsesDialect): void {
  if (sampling === 'all') return
  if (sampling === 'with-effort-none' && asObject(patch.get('reasoning'))['effort'] === 'none') return
  const note = 'this model samples in its own way'
  if (sampling !== 'temperature-or-top-p') for (const field of SAMPLING) patch.refuse(field, note)
  else if (patch.get('temperature') !== undefined) patch.refuse('top_p', note)
}

function patchChoice(patch: Patch, { forcedToolChoice }: ResponsesDialect): void {
  const choice = patch.get('tool_choice')
  if (forcedToolChoice || (choice !== 'required' && !isObject(choice))) return
  patch.losses.approximated('tool_choice', 'this model cannot be forced to call a tool: auto')
  patch.set('tool_choice', 'auto')
}

/** Azure refuses a description that says nothing, and a namespace needs one. */
function mendTool(tool: JsonObject, dialect: ResponsesDialect): JsonObject {
  const inner = mapEach(tool['tools'], (each) => mendTool(each, dialect))
  const silent = tool['description'] === ''
  const strict = 'strict' in tool && !dialect.strictTools
  if (inner === tool['tools'] && !silent && !strict) return tool
  const out: Record<string, unknown> = { ...tool }
  if (inner !== undefined) out['tools'] = inner
  if (silent && tool['type'] === 'namespace') out['description'] = `Tools of ${String(tool['name'])}.`
  else if (silent) delete out['description']
  if (strict) delete out['strict']
  return out
}

/** Codex sends back `content: null` on reasoning, which Azure refuses; tools may stand in items, too. */
function mendItem(item: JsonObject, dialect: ResponsesDialect): JsonObject {
  const { systemRole } = dialect
  if (item['type'] === 'reasoning' && item['content'] === null) {
    const { content: _, ...rest } = item
    return rest
  }
  if (asArray(item['tools']).length > 0) {
    const tools = mapEach(item['tools'], (tool) => mendTool(tool, dialect))
    if (tools !== item['tools']) return { ...item, tools }
  }
  const { role } = item
  const isSystem = (role === 'system' || role === 'developer') && item['type'] !== 'additional_tools'
  return isSystem && systemRole !== 'as-given' && role !== systemRole ? { ...item, role: systemRole } : item
}
