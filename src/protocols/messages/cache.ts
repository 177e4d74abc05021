import type { Losses } from '../../ir/dropped.ts'
import { asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { CacheHint } from '../../ir/part.ts'
import { keepUnknown, ownFields } from './extensions.ts'
import type { Block, CacheControl, WireMessage } from './wire.ts'

/** Most cache marks in one request; the API refuses a fifth. */
const MOST_MARKS = 4

/** A `cache_control` as a hint, to spread. */
export function decodeCache(control: unknown): { readonly cache?: CacheHint } {
  if (!isObject(control)) return {}
  const { type, ttl, ...rest } = control
  const known: { ttl?: '5m' | '1h' } = ttl === '5m' || ttl === '1h' ? { ttl } : {}
  const unknown = keepUnknown({
    ...rest,
    ...(type !== 'ephemeral' && { type }),
    ...(ttl !== undefined && known.ttl === undefined && { ttl }),
  })
  return { cache: { ...known, ...unknown } }
}

/** The hint as `cache_control`, to spread. The API knows two lifetimes: half an hour becomes the shorter one. */
export function encodeCache(hint: CacheHint | undefined): { readonly cache_control?: CacheControl } {
  if (hint === undefined) return {}
  const ttl = hint.ttl === '30m' ? '5m' : hint.ttl === '12h' || hint.ttl === '24h' ? '1h' : hint.ttl
  return { cache_control: { type: 'ephemeral', ...(ttl !== undefined && { ttl }), ...ownFields(hint.ext) } }
}

/** True when anything in the request body bears a mark. */
export function hasMarks(body: JsonObject): boolean {
  return marked(body).length > 0 || body['cache_control'] !== undefined
}

/**
 * The messages without the oldest marks when a request bears more than the API takes. Marks of tools and system
 * stay: they cover the prefix that changes least.
 */
export function limitMarks(
  fixed: JsonObject,
  messages: readonly WireMessage[],
  losses: Losses,
): readonly WireMessage[] {
  let excess = marked(fixed).length + marked({ messages }).length - MOST_MARKS
  if (excess <= 0) return messages
  losses.unsupported('cache_control', `more than ${MOST_MARKS} cache marks; the oldest were left out`)
  const strip = (block: Block): Block => {
    if (excess <= 0) return block
    const inner = block['content']
    const content = Array.isArray(inner) ? inner.map((item: Block) => strip(item)) : inner
    const { cache_control, ...bare } = block
    if (cache_control !== undefined && excess > 0) {
      excess--
      return { ...(bare as Block), ...(content !== undefined && { content }) }
    }
    return content === inner ? block : { ...block, content }
  }
  return messages.map((message) => ({ ...message, content: message.content.map(strip) }))
}

/** Every block, tool or result content that bears a mark. */
function marked(value: JsonObject): readonly JsonObject[] {
  const found: JsonObject[] = []
  const look = (items: unknown): void => {
    if (!Array.isArray(items)) return
    for (const item of items) {
      if (!isObject(item)) continue
      if (isObject(item['cache_control']) && asString(item['cache_control']['type']) !== undefined)
        found.push(item)
      look(item['content'])
    }
  }
  look(value['tools'])
  look(value['system'])
  look(value['messages'])
  return found
}
