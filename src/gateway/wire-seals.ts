import type { Losses } from '../ir/dropped.ts'
import { isObject, type JsonObject } from '../ir/json.ts'
import { isEnvelope, openSeal } from '../ir/seal.ts'
import type { SealScope } from './adapt/seals.ts'

/**
 * A request of the target's own protocol without the envelopes that the target cannot read: an envelope of its own
 * becomes the secret again, any other takes the block that carries it along. Walks the conversation only:
 * nothing else holds reasoning.
 */
export function withoutForeignSeals(wire: JsonObject, scope: SealScope, losses: Losses): JsonObject {
  const out: Record<string, unknown> = { ...wire }
  for (const key of ['messages', 'input']) {
    if (Array.isArray(wire[key])) out[key] = clean(wire[key], key, scope, losses)
  }
  return out
}

/** Marks a value that is to be left out of the array it stands in. */
const GONE = Symbol('gone')

function clean(value: unknown, path: string, scope: SealScope, losses: Losses): unknown {
  if (Array.isArray(value)) {
    const kept = value.map((item, index) => clean(item, `${path}[${index}]`, scope, losses))
    return kept.filter((item) => item !== GONE)
  }
  if (!isObject(value)) return value
  const out: Record<string, unknown> = {}
  for (const [key, member] of Object.entries(value)) {
    if (typeof member === 'string' && isEnvelope(member)) {
      const opened = openSeal(member, scope.secret)
      if (opened?.issuer !== scope.issuer || opened.model !== scope.model) {
        losses.foreignSeal(path, 'reasoning that another model or provider sealed')
        return GONE
      }
      out[key] = opened.value
    } else
      out[key] =
        key === 'content' || key === 'reasoning_details'
          ? clean(member, `${path}.${key}`, scope, losses)
          : member
  }
  // A message whose only content was foreign reasoning says nothing any more.
  return Array.isArray(value['content']) &&
    value['content'].length > 0 &&
    (out['content'] as unknown[]).length === 0
    ? GONE
    : out
}
