import type { Losses } from '../../ir/dropped.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Extensions, ProtocolId } from '../../ir/part.ts'

/** Wire fields that the IR does not model, as `ext` to spread; nothing when all of them are null. */
export function keepUnknown(fields: JsonObject): { readonly ext?: Extensions } {
  const kept = withoutNulls(fields)
  return Object.keys(kept).length === 0 ? {} : { ext: { gemini: kept } }
}

/** A null field means "absent" in this protocol. */
export function withoutNulls(fields: JsonObject): JsonObject {
  const out: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(fields))
    if (value !== null && value !== undefined) out[key] = value
  return out
}

/** This protocol's own fields, to spread into the wire object that they came from. */
export function ownFields(ext: Extensions | undefined): JsonObject {
  return ext?.gemini ?? {}
}

/** Reports what other protocols said that Gemini cannot say. */
export function reportForeign(path: string, ext: Extensions | undefined, losses: Losses): void {
  if (ext === undefined) return
  for (const protocol of Object.keys(ext) as ProtocolId[]) {
    if (protocol !== 'gemini') losses.foreignExtension(path, ext[protocol])
  }
}
