import { createHash } from 'node:crypto'
import type { Losses } from '../../ir/dropped.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Part } from '../../ir/part.ts'
import type { ModelRequest } from '../../ir/request.ts'
import type { ChatDialect } from './dialect.ts'

/**
 * What this upstream knows of prompt caching. Where marks cannot travel, a locality key made from what stands before the
 * conversation sends the whole conversation to the same cache.
 */
export function encodeCache(request: ModelRequest, dialect: ChatDialect, losses: Losses): JsonObject {
  const { key, retention, automatic } = request.cache ?? {}
  const fields: Record<string, unknown> = {}
  const marked = countMarks(request)
  const onTools = request.tools.some((tool) => 'cache' in tool && tool.cache !== undefined)
  const wanted = marked > 0 || onTools || automatic !== undefined
  if (dialect.promptCacheKey) {
    const made = wanted ? derivedKey(request) : undefined
    if (key !== undefined || made !== undefined) fields['prompt_cache_key'] = key ?? made
    if (retention !== undefined) fields['prompt_cache_retention'] = retention
  } else {
    if (key !== undefined) losses.unsupported('prompt_cache_key')
    if (retention !== undefined) losses.unsupported('prompt_cache_retention')
  }
  if (wanted) losses.approximated('cache_control', tellMarks(dialect))
  return fields
}

function tellMarks(dialect: ChatDialect): string {
  if (dialect.cacheBreakpoints) return 'as breakpoints with the lifetimes that this upstream knows'
  return dialect.promptCacheKey ? 'as one locality key; this upstream caches prefixes by itself' : 'left out'
}

/** Cache marks on parts of messages, those inside tool results included. */
export function countMarks(request: ModelRequest): number {
  let marks = 0
  const count = (part: Part): void => {
    if (part.cache !== undefined) marks++
    if (part.kind === 'tool-result') for (const inner of part.content) count(inner)
  }
  for (const turn of request.turns) for (const part of turn.parts) count(part)
  return marks
}

/** The same for every turn of a conversation: made from the leading system turns and the tools alone. */
function derivedKey(request: ModelRequest): string {
  const hash = createHash('sha256')
  for (const turn of request.turns) {
    if (turn.role !== 'system' && turn.role !== 'developer') break
    for (const part of turn.parts) if (part.kind === 'text') hash.update(part.text).update('\0')
  }
  for (const tool of request.tools) hash.update(tool.name).update('\0')
  return `dragoman-${hash.digest('hex').slice(0, 32)}`
}
