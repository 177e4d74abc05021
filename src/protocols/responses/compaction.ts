import { asString } from '../../ir/json.ts'
import type { OpaquePart, Part } from '../../ir/part.ts'

/**
 * Compaction (guide "Compaction"): an item of the input asks for it, the answer is one item that stands for the whole
 * conversation and that only its maker can read.
 */
const TRIGGER = 'compaction_trigger'
const COMPACTED = 'compaction'

const typeOf = (part: Part): unknown =>
  part.kind === 'opaque' && part.origin === 'responses' ? part.value['type'] : undefined

/** The item that asks for compaction, at the end of an input. */
export const COMPACTION_TRIGGER = { type: TRIGGER } as const

/** True for the part of a request that asks for compaction. */
export function asksToCompact(part: Part): boolean {
  return typeOf(part) === TRIGGER
}

/** What a compacted conversation is sealed in; undefined for every other part. */
export function sealedConversation(part: Part): string | undefined {
  if (part.kind !== 'opaque' || typeOf(part) !== COMPACTED) return undefined
  return asString(part.value['encrypted_content'])
}

/** The part that answers a request to compact. */
export function compactedConversation(encrypted_content: string): OpaquePart {
  return { kind: 'opaque', origin: 'responses', value: { type: COMPACTED, encrypted_content } }
}

/** What the ids of these items begin with. */
export function itemPrefix({ type }: OpaquePart['value']): string {
  return type === COMPACTED ? 'cmp' : 'item'
}
