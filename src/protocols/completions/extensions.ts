import type { Losses } from '../../ir/dropped.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Extensions, ProtocolId } from '../../ir/part.ts'

/** Wire fields that the IR does not model, as `ext` to spread; nothing when all of them are null. */
export function keepUnknown(fields: JsonObject): { readonly ext?: Extensions } {
  const kept = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined)
  return kept.length === 0 ? {} : { ext: { completions: Object.fromEntries(kept) } }
}

/** Reports what other protocols said that text completion cannot say. */
export function reportForeign(path: string, ext: Extensions | undefined, losses: Losses): void {
  if (ext === undefined) return
  for (const protocol of Object.keys(ext) as ProtocolId[]) {
    if (protocol !== 'completions') losses.foreignExtension(path, ext[protocol])
  }
}
