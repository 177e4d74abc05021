import { asArray, asObject, asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Seal } from '../../ir/seal.ts'

/**
 * Marks the seal of reasoning that its issuer redacted. This protocol has one slot for a secret and none for what kind it
 * is, but Claude must get a redacted block back as one. It stands outside of the envelope, so that no OpenAI model
 * ever gets to see a secret with it.
 */
const REDACTED = '~redacted'

/** `encrypted_content` of a reasoning part, for a client. */
export function sealText(seal: Seal, redacted: boolean): string {
  return redacted ? seal.value + REDACTED : seal.value
}

/** What `encrypted_content` says: nothing, a secret, or a redacted one. */
export function readSeal(encrypted: unknown): { readonly seal?: Seal; readonly redacted?: true } {
  if (typeof encrypted !== 'string' || encrypted === '') return {}
  if (!encrypted.endsWith(REDACTED)) return { seal: { value: encrypted } }
  return { seal: { value: encrypted.slice(0, -REDACTED.length) }, redacted: true }
}

/** True for an item of redacted reasoning, which has nothing to read and comes whole. */
export function isRedacted(item: JsonObject): boolean {
  return asString(item['encrypted_content'])?.endsWith(REDACTED) === true
}

/** The texts of `summary` or `content`. */
export function textsOf(list: unknown): string[] {
  return asArray(list)
    .filter(isObject)
    .map((part) => asString(part['text']) ?? '')
}

/** What is there to read: the summary's parts, or, where open models are served, the thoughts themselves. */
export function readableText(item: JsonObject): string {
  const summary = textsOf(item['summary'])
  return summary.length > 0 ? summary.join(BETWEEN_PARTS) : textsOf(item['content']).join('')
}

/** A summary comes in several parts, each with its heading. */
export const BETWEEN_PARTS = '\n\n'

/** `summary` as parts: those that the client had, as long as they still say the same. */
export function summaryOf(text: string, own: unknown): JsonObject[] {
  const kept = asArray(own).flatMap((part) => asString(part) ?? [])
  const texts = kept.join(BETWEEN_PARTS) === text ? kept : text === '' ? [] : [text]
  return texts.map((part) => ({ type: 'summary_text', text: part }))
}

/** Members of a reasoning item that are read here or mean nothing to anybody else. */
export function unknownReasoningFields(item: JsonObject): JsonObject {
  const { type: _, id: __, summary, content, encrypted_content: ___, status: ____, ...rest } = item
  const parts = textsOf(summary)
  const both = parts.length > 0 && textsOf(content).length > 0
  return {
    ...rest,
    ...(parts.length > 1 && { summary: parts }),
    ...(both && { content: asArray(content).map(asObject) }),
  }
}
