import { invalidRequest } from '../../errors.ts'
import { asArray, asObject, asString, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { MediaPart, OpaquePart, Part, ToolResultPart } from '../../ir/part.ts'
import { decodeCache } from './cache.ts'
import { decodeCitations } from './citations.ts'
import { keepUnknown } from './extensions.ts'
import { decodeSource } from './media.ts'
import { decodeServerTool } from './server-tools.ts'

/**
 * Content as parts: a string is one text. Blocks of unknown types are kept as they are.
 * @throws `invalid-request` for a block that is no object, naming its place.
 */
export function decodeContent(content: unknown, path: string): readonly Part[] {
  if (content === undefined || content === null) return []
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }]
  if (!Array.isArray(content)) throw invalidRequest(`${path} must be a string or an array of blocks`, path)
  return content.map((block, index) => {
    if (isObject(block)) return decodeBlock(block, `${path}[${index}]`)
    if (typeof block === 'string') return { kind: 'text', text: block }
    throw invalidRequest(`${path}[${index}] must be a content block`, `${path}[${index}]`)
  })
}

/** One block as a part, the same in requests and answers. */
export function decodeBlock(wire: JsonObject, path: string): Part {
  switch (wire['type']) {
    case 'text': {
      const { type: _, text, citations, cache_control, ...rest } = wire
      return {
        kind: 'text',
        text: asString(text) ?? '',
        ...decodeCitations(citations),
        ...decodeCache(cache_control),
        ...keepUnknown(rest),
      }
    }
    case 'image':
    case 'document':
      return decodeMedia(wire, path) ?? decodeOpaque(wire)
    case 'thinking': {
      const { type: _, thinking, signature, cache_control, ...rest } = wire
      const value = asString(signature) ?? ''
      return {
        kind: 'reasoning',
        text: asString(thinking) ?? '',
        ...(value !== '' && { seal: { value } }),
        ...decodeCache(cache_control),
        ...keepUnknown(rest),
      }
    }
    case 'redacted_thinking': {
      const { type: _, data, ...rest } = wire
      return {
        kind: 'reasoning',
        text: '',
        redacted: true,
        seal: { value: asString(data) ?? '' },
        ...keepUnknown(rest),
      }
    }
    case 'tool_use': {
      const { type: _, id, name, input, cache_control, ...rest } = wire
      return {
        kind: 'tool-call',
        id: asString(id) ?? '',
        name: asString(name) ?? '',
        input: typeof input === 'string' ? input : JSON.stringify(input ?? {}),
        ...decodeCache(cache_control),
        ...keepUnknown(rest),
      }
    }
    case 'tool_result':
      return decodeToolResult(wire, path)
    case 'tool_reference': {
      const { type: _, tool_name, cache_control, ...rest } = wire
      return {
        kind: 'tool-reference',
        name: asString(tool_name) ?? '',
        ...decodeCache(cache_control),
        ...keepUnknown(rest),
      }
    }
    default:
      return decodeServerTool(wire) ?? decodeOpaque(wire)
  }
}

function decodeToolResult(wire: JsonObject, path: string): ToolResultPart {
  const { type: _, tool_use_id, content, is_error, cache_control, ...rest } = wire
  return {
    kind: 'tool-result',
    callId: asString(tool_use_id) ?? '',
    content: decodeContent(content, `${path}.content`),
    ...(is_error === true && { isError: true }),
    ...decodeCache(cache_control),
    ...keepUnknown(rest),
  }
}

function decodeMedia(wire: JsonObject, path: string): MediaPart | undefined {
  const { type, source: wireSource, title, context, cache_control, ...rest } = wire
  const source = decodeSource(wireSource, (content) => decodeContent(content, `${path}.source.content`))
  if (source === undefined) return undefined
  return {
    kind: 'media',
    media: type === 'image' ? 'image' : 'document',
    source,
    ...compact({ name: asString(title), context: asString(context) }),
    ...decodeCache(cache_control),
    ...keepUnknown(rest),
  }
}

/** A novelty, or a block that only this protocol has: search results, container files, compactions, tool changes. */
function decodeOpaque(wire: JsonObject): OpaquePart {
  const { cache_control, ...value } = wire
  const text = readable(value)
  return {
    kind: 'opaque',
    origin: 'messages',
    value,
    ...(text !== '' && { text }),
    ...decodeCache(cache_control),
  }
}

/** What a reader would see of a block: its title and source if it has them, and its texts. */
function readable(block: JsonObject): string {
  const content = block['content']
  const inner =
    typeof content === 'string'
      ? [content]
      : asArray(content).map((item) => asString(asObject(item)['text']) ?? '')
  const heading = inner.some((text) => text !== '')
    ? [asString(block['title']), asString(block['source'])]
    : []
  return [asString(block['text']), ...heading, ...inner]
    .filter((text) => text !== undefined && text !== '')
    .join('\n')
}
