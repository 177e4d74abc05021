import type { Encoded } from '../../ir/dropped.ts'
import { asEffort, clampEffort } from '../../ir/effort.ts'
import { asArray, asNumber, asObject, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { mapEach, Patch, patchChoice, patchSampling } from '../openai/patch.ts'
import type { ResponsesDialect } from './dialect.ts'

/**
 * Mends a client's Responses request for an upstream that is known to refuse something in it, and touches nothing else.
 * Undefined when there is nothing to mend.
 */
export function patchRequest(wire: JsonObject, dialect: ResponsesDialect): Encoded<JsonObject> | undefined {
  const patch = new Patch(wire)
  patchLimit(patch, dialect)
  patchReasoning(patch, dialect)
  patchSampling(patch, SAMPLING, asObject(patch.get('reasoning'))['effort'], dialect)
  patchChoice(patch, dialect)
  patch.mend('tools', (tool) => mendTool(tool, dialect))
  patch.mend('input', (item) => mendItem(item, dialect))
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

/** Azure refuses a description that says nothing, and a namespace needs one. */
function mendTool(tool: JsonObject, dialect: ResponsesDialect): JsonObject {
  const inner = mapEach(tool['tools'], (each) => mendTool(each, dialect))
  const silent = tool['description'] === '' && !dialect.emptyDescriptions
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
