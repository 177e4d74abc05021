import type { Losses } from '../ir/dropped.ts'
import type { JsonObject } from '../ir/json.ts'
import type { Extensions, ProtocolId } from '../ir/part.ts'

/** How one protocol keeps the fields that the IR does not model, and gives them back. */
export type OwnExtensions = {
  /** Wire fields that the IR does not model, as `ext` to spread; nothing when all of them are null. */
  readonly keepUnknown: (fields: JsonObject) => { readonly ext?: Extensions }
  /** This protocol's own fields, to spread into the wire object that they came from. */
  readonly ownFields: (ext: Extensions | undefined) => JsonObject
  /** Reports what other protocols said that this one cannot say. */
  readonly reportForeign: (path: string, ext: Extensions | undefined, losses: Losses) => void
}

/** The `extensions.ts` of a protocol. */
export function extensionsOf(own: ProtocolId): OwnExtensions {
  return {
    keepUnknown: (fields) => {
      const kept = withoutNulls(fields)
      return Object.keys(kept).length === 0 ? {} : { ext: { [own]: kept } }
    },
    ownFields: (ext) => ext?.[own] ?? {},
    reportForeign: (path, ext, losses) => {
      if (ext === undefined) return
      for (const protocol of Object.keys(ext) as ProtocolId[])
        if (protocol !== own) losses.foreignExtension(path, ext[protocol])
    },
  }
}

/** A null field means "absent" in every protocol. */
export function withoutNulls(fields: JsonObject): JsonObject {
  const out: Record<string, unknown> = {}
  for (const key in fields) if (fields[key] !== null && fields[key] !== undefined) out[key] = fields[key]
  return out
}
