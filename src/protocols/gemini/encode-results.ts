import type { Losses } from '../../ir/dropped.ts'
import { isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { MediaPart, ToolResultPart } from '../../ir/part.ts'
import { encodePart } from './encode-parts.ts'
import type { PartContext } from './encode-parts.ts'
import { ownFields, reportForeign } from './extensions.ts'
import { mimeTypeOf } from './media.ts'
import { RESULT_MEDIA } from './wire.ts'
import type { WirePart } from './wire.ts'

export type ResultContext = PartContext & {
  /** Images and PDFs may stand inside the response. */
  readonly multimodalResults: boolean
  /** The function that each call named, by call id: a response must repeat it. */
  readonly names: ReadonlyMap<string, string>
}

/** A result as `functionResponse`, and what of it must stand beside the responses. */
export type EncodedResult = { readonly response: WirePart; readonly beside: readonly WirePart[] }

/** The result's texts go as one string: `$ref` and other members have a meaning of their own in a response. */
export function encodeResult(part: ToolResultPart, path: string, context: ResultContext): EncodedResult {
  const { losses } = context
  reportForeign(path, part.ext, losses)
  if (part.cache !== undefined) losses.unsupported(`${path}.cache_control`, 'the prompt cache needs no marks')
  const { functionResponse, response, ...own } = ownFields(part.ext)
  const { texts, inside, beside } = encodeContent(part, path, context)
  if (texts.length > 1) losses.approximated(path, 'several texts, joined by line breaks')
  const text = texts.join('\n')
  if (!context.callIds) losses.approximated(`${path}.id`, 'calls and results are matched by their order')
  return {
    response: {
      functionResponse: {
        ...(context.callIds && part.callId !== '' && { id: part.callId }),
        name: context.names.get(part.callId) ?? part.callId,
        response: isObject(response) ? response : part.isError ? { error: text } : { output: text },
        ...(inside.length > 0 && { parts: inside }),
        ...(isObject(functionResponse) && functionResponse),
      },
      ...own,
    },
    beside,
  }
}

function encodeContent(part: ToolResultPart, path: string, context: ResultContext) {
  const texts: string[] = []
  const inside: JsonObject[] = []
  const beside: WirePart[] = []
  for (const [index, inner] of part.content.entries()) {
    const at = `${path}.content[${index}]`
    const encoded = encodePart(inner, at, context)
    if (inner.kind !== 'media') {
      texts.push(...encoded.map((wire) => String(wire['text'] ?? JSON.stringify(wire))))
      if (inner.kind === 'text' && inside.length + beside.length > 0) reportOrder(at, context.losses)
      continue
    }
    const media = encoded.filter((wire) => wire['text'] === undefined)
    texts.push(...encoded.flatMap((wire) => (typeof wire['text'] === 'string' ? [wire['text']] : [])))
    if (context.multimodalResults && isResultMedia(inner)) inside.push(...media)
    else if (media.length > 0) {
      context.losses.approximated(at, 'moved after the results of the turn')
      const label = `${inner.media} ${beside.length + 1} of the tool result ${part.callId}`
      texts.push(`[${label} follows]`)
      beside.push({ text: `[${label}]` }, ...media)
    }
  }
  return { texts, inside, beside }
}

const reportOrder = (path: string, losses: Losses): void =>
  losses.approximated(path, 'the words of a result stand before its media')

function isResultMedia({ source, media }: MediaPart): boolean {
  if (source.type === 'url') return RESULT_MEDIA.has(source.mimeType ?? '')
  return source.type === 'base64' && RESULT_MEDIA.has(mimeTypeOf(source, media))
}
