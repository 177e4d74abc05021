import { createHash } from 'node:crypto'
import type { Losses } from '../../ir/dropped.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Part } from '../../ir/part.ts'
import type { ModelRequest } from '../../ir/request.ts'

/** What an upstream knows of prompt caching. */
export type CacheDialect = {
  readonly promptCacheKey: boolean
  readonly cacheBreakpoints: boolean
}

/**
 * What this upstream knows of prompt caching. Where marks cannot travel, a locality key made from what stands before the
 * conversation sends the whole conversation to the same cache.
 */
export function encodeCache(request: ModelRequest, dialect: CacheDialect, losses: Losses): JsonObject {
  const { key, retention, automatic } = request.cache ?? {}
  const fields: Record<string, unknown> = {}
  const wanted = automatic !== undefined || hasMarks(request)
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

function tellMarks(dialect: CacheDialect): string {
  if (dialect.cacheBreakpoints) return 'as breakpoints with the lifetimes that this upstream knows'
  return dialect.promptCacheKey ? 'as one locality key; this upstream caches prefixes by itself' : 'left out'
}

/** True when a part of a message, a part inside a tool's result, or a tool carries a cache mark. */
function hasMarks(request: ModelRequest): boolean {
  const isMarked = (part: Part): boolean =>
    part.cache !== undefined || (part.kind === 'tool-result' && part.content.some(isMarked))
  return (
    request.turns.some((turn) => turn.parts.some(isMarked)) ||
    request.tools.some((tool) => 'cache' in tool && tool.cache !== undefined)
  )
}

/**
 * The same for every turn of a conversation: made from the leading system turns. The tools stand in where there are none;
 * otherwise they are left aside, because a client that searches for tools declares more of them as it goes.
 */
function derivedKey(request: ModelRequest): string {
  const hash = createHash('sha256')
  const first = request.turns.findIndex(({ role }) => role !== 'system' && role !== 'developer')
  const system = first === -1 ? request.turns : request.turns.slice(0, first)
  for (const { parts } of system)
    for (const part of parts) if (part.kind === 'text') hash.update(part.text).update('\0')
  if (system.length === 0) for (const tool of request.tools) hash.update(tool.name).update('\0')
  return `dragoman-${hash.digest('hex').slice(0, 32)}`
}
