import type { Losses } from '../../ir/dropped.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Extensions, ProtocolId } from '../../ir/part.ts'

/** Wire fields that the IR does not model, as `ext` to spread; nothing when all of them are null. */
export function keepUnknown(fields: JsonObject): { readonly ext?: Extensions } {
  const kept = withoutNulls(fields)
  return Object.keys(kept).length === 0 ? {} : { ext: { responses: kept } }
}

/** A null field means "absent" in this protocol. */
export function withoutNulls(fields: JsonObject): JsonObject {
  const out: Record<string, unknown> = {}
  for (const key in fields) if (fields[key] !== null && fields[key] !== undefined) out[key] = fields[key]
  return out
}

/** This protocol's own fields, to spread into the wire object that they came from. */
export function ownFields(ext: Extensions | undefined): JsonObject {
  return ext?.responses ?? {}
}

/** Reports what other protocols said that Responses cannot say. */
export function reportForeign(path: string, ext: Extensions | undefined, losses: Losses): void {
  if (ext === undefined) return
  for (const protocol of Object.keys(ext) as ProtocolId[]) {
    if (protocol !== 'responses') losses.foreignExtension(path, ext[protocol])
  }
}
