import type { Losses } from '../ir/dropped.ts'
import { asArray, asString, isObject, type JsonObject } from '../ir/json.ts'
import { isEnvelope, openSeal } from '../ir/seal.ts'
import type { SealScope } from './adapt/seals.ts'
import { UNREADABLE } from './compaction/recall-summaries.ts'
import { openSummary } from './compaction/summary-seal.ts'
import { tellSummary } from './compaction/words.ts'

/** The fields that carry a secret: Anthropic's, OpenAI's, OpenRouter's and Google's. */
const SEALED = new Set(['signature', 'data', 'encrypted_content', 'thought_signature'])
/** The fields on the way to them. */
const HOLDERS = new Set(['content', 'reasoning_details', 'tool_calls', 'extra_content', 'google'])

/** Marks a value that is to be left out of the list it stands in. */
const GONE = Symbol('gone')

/**
 * A request of the target's own protocol without the envelopes that the target cannot read: an envelope of its own
 * becomes the secret again, any other takes the block that carries it along. Walks the conversation only:
 * nothing else holds reasoning. The same request when there is no envelope.
 */
export function withoutForeignSeals(wire: JsonObject, scope: SealScope, losses: Losses): JsonObject {
  let out: JsonObject = wire
  for (const key of ['messages', 'input']) {
    const cleaned = clean(wire[key], key, scope, losses)
    if (cleaned !== wire[key]) out = { ...out, [key]: cleaned }
  }
  return out
}

function clean(value: unknown, path: string, scope: SealScope, losses: Losses): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item, index) => clean(item, `${path}[${index}]`, scope, losses))
    return items.some((item, index) => item !== value[index]) ? items.filter((item) => item !== GONE) : value
  }
  if (!isObject(value)) return value
  if (value['type'] === 'compaction') return withReadableSummary(value, path, scope, losses)
  const out: Record<string, unknown> = { ...value }
  let changed = false
  for (const [key, member] of Object.entries(value)) {
    const secret = opened(key, member, scope)
    if (secret === GONE) {
      losses.foreignSeal(path, 'reasoning that another model or provider sealed')
      // A tool call stands without its signature; reasoning is nothing but what was signed.
      if (key !== 'thought_signature') return GONE
      delete out[key]
    } else if (secret !== undefined) out[key] = secret
    else if (HOLDERS.has(key)) out[key] = clean(member, `${path}.${key}`, scope, losses)
    changed ||= out[key] !== member
  }
  // A message whose only content was foreign reasoning says nothing any more.
  const saidSomething = asArray(value['content']).length > 0
  if (saidSomething && asArray(out['content']).length === 0 && value['tool_calls'] === undefined) return GONE
  return changed ? out : value
}

/** A compacted conversation as words that any model reads; what a vendor compacted stays its own. */
function withReadableSummary(item: JsonObject, path: string, scope: SealScope, losses: Losses): unknown {
  const opened = openSummary(asString(item['encrypted_content']) ?? '', scope.secret)
  switch (opened.kind) {
    case 'summary': {
      const content = [{ type: 'input_text', text: tellSummary(opened.text) }]
      return { type: 'message', role: 'user', content }
    }
    case 'of-vendor':
      return item
    case 'unreadable':
      losses.content(path, UNREADABLE)
      return GONE
    default:
      return opened satisfies never
  }
}

/** The secret in an envelope; undefined for what is none. */
function opened(key: string, member: unknown, scope: SealScope): string | typeof GONE | undefined {
  if (!SEALED.has(key) || typeof member !== 'string' || !isEnvelope(member)) return undefined
  const seal = openSeal(member, scope.secret)
  return seal?.issuer === scope.issuer && seal.model === scope.model ? seal.value : GONE
}
