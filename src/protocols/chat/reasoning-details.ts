import { asArray, asNumber, asString, isObject, parseJson } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ReasoningPart } from '../../ir/part.ts'
import type { Seal } from '../../ir/seal.ts'

/**
 * `reasoning_details` is OpenRouter's slot for structured reasoning, and the only one that Chat clients know to send
 * back: `{type: "reasoning.text" | "reasoning.summary" | "reasoning.encrypted", text | summary | data, signature?,
 * format, index}`. Upstream it must return exactly as it came, so a part's seal holds its details as JSON, without
 * the readable text, which the part has already. Towards clients Dragoman uses the same slot for every seal, marked
 * by a format of its own.
 */
const OWN_FORMAT = 'dragoman'

/** True for a detail that a Dragoman made: ours, come back from a client, or an upstream Dragoman's. */
export function isOwnDetail(detail: JsonObject): boolean {
  return detail['format'] === OWN_FORMAT
}

/** Adds one streamed piece to the details of a part: texts grow, everything else is replaced. */
export function mergeDetail(details: JsonObject[], piece: JsonObject): void {
  const at = details.findIndex((detail) => detail['type'] === piece['type'])
  const known = details[at]
  if (known === undefined) {
    details.push(piece)
    return
  }
  const merged: Record<string, unknown> = { ...known, ...piece }
  for (const key of ['text', 'summary', 'data'] as const) {
    if (typeof known[key] === 'string' && typeof piece[key] === 'string')
      merged[key] = known[key] + piece[key]
  }
  details[at] = merged
}

/** The readable text of one detail. */
export function textOfDetail(detail: JsonObject): string {
  return asString(detail['text']) ?? asString(detail['summary']) ?? ''
}

/** The seal of a part made from these details; undefined when nothing in them needs to go back. */
export function sealOfDetails(details: readonly JsonObject[]): Seal | undefined {
  if (!details.some((detail) => isPresent(detail['signature']) || isPresent(detail['data']))) return undefined
  // With one readable text the part's own text stands for it; several could not be told apart again.
  const readable = details.filter((detail) => textOfDetail(detail) !== '')
  const kept = readable.length > 1 ? details : details.map(withoutText)
  return { value: JSON.stringify(kept) }
}

/** The details that a seal of {@link sealOfDetails} stands for, their text restored; undefined for other seals. */
export function openDetails(part: ReasoningPart): readonly JsonObject[] | undefined {
  const value = part.seal?.value
  if (value === undefined || !value.startsWith('[')) return undefined
  const details = asArray(parseJson(value)).filter(isObject)
  if (details.length === 0) return undefined
  return details.map((detail) => {
    if (detail['text'] === '') return { ...detail, text: part.text }
    return detail['summary'] === '' ? { ...detail, summary: part.text } : detail
  })
}

/** What a client sent back: other vendors' details verbatim, and the parts that all of them stand for. */
export function decodeDetails(
  wire: unknown,
  plainText: string,
): { readonly parts: readonly ReasoningPart[]; readonly foreign: readonly JsonObject[] } {
  const all = asArray(wire).filter(isObject)
  const own = all.filter(isOwnDetail)
  const foreign = all.filter((detail) => !isOwnDetail(detail))
  const told = own.map((detail) => asString(detail['text']) ?? '').join('')
  const untold = plainText.endsWith(told) ? plainText.slice(0, plainText.length - told.length) : plainText
  const parts = own.length > 0 ? own.flatMap((detail) => ownPart(detail, untold)) : foreignParts(foreign)
  const loose = own.length > 0 ? untold : plainText
  const isKept =
    loose === '' || (own.length > 0 ? own.some(refersToPlain) : parts.some((part) => part.text !== ''))
  return { parts: isKept ? parts : [{ kind: 'reasoning', text: loose }, ...parts], foreign }
}

/** A detail of ours without a text of its own stands for the thought that went out as `reasoning_content`. */
function refersToPlain(detail: JsonObject): boolean {
  return detail['type'] !== 'reasoning.encrypted' && typeof detail['text'] !== 'string'
}

function ownPart(detail: JsonObject, untold: string): ReasoningPart[] {
  if (detail['type'] === 'reasoning.encrypted') {
    const data = asString(detail['data'])
    return data === undefined ? [] : [{ kind: 'reasoning', text: '', redacted: true, seal: { value: data } }]
  }
  // Without a text of its own it stands for the readable field; without that too, its seal would say something else.
  const text = asString(detail['text']) ?? untold
  if (typeof detail['text'] !== 'string' && text === '') return []
  const value = asString(detail['signature'])
  return [{ kind: 'reasoning', text, ...(value !== undefined && { seal: { value } }) }]
}

/** One part for each `index`, with the vendor's own signature or ciphertext as a raw seal. */
function foreignParts(details: readonly JsonObject[]): ReasoningPart[] {
  const groups = new Map<number, JsonObject[]>()
  for (const detail of details) {
    const index = asNumber(detail['index']) ?? 0
    const group = groups.get(index) ?? []
    groups.set(index, group)
    group.push(detail)
  }
  return [...groups.values()].map((group) => {
    const text = group.map(textOfDetail).join('')
    const value = group
      .map((detail) => asString(detail['signature']) ?? asString(detail['data']))
      .find(isPresent)
    return {
      kind: 'reasoning',
      text,
      ...(value !== undefined && { seal: { value } }),
      ...(text === '' && { redacted: true }),
    }
  })
}

/**
 * A part's seal for a client, with the text that it seals. The text went out as `reasoning_content` too, as
 * OpenRouter says both: clients show that one, and many of them (Open WebUI) send only the details back.
 */
export function encodeDetail(part: ReasoningPart, index: number): JsonObject | undefined {
  const { seal, text } = part
  if (seal === undefined) return undefined
  if (part.redacted) return { type: 'reasoning.encrypted', data: seal.value, format: OWN_FORMAT, index }
  return { type: 'reasoning.text', text, signature: seal.value, format: OWN_FORMAT, index }
}

function withoutText(detail: JsonObject): JsonObject {
  return {
    ...detail,
    ...('text' in detail && { text: '' }),
    ...('summary' in detail && { summary: '' }),
  }
}

function isPresent(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
