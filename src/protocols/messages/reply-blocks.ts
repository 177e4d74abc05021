import type { Dropped } from '../../ir/dropped.ts'
import { asArray } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Part } from '../../ir/part.ts'
import { encodeCitation } from './citations.ts'
import { toolId } from './encode-content.ts'
import { ownFields } from './extensions.ts'
import { serverToolBlocks } from './server-tools.ts'
import { completion, toolInput } from './tool-input.ts'
import type { Block } from './wire.ts'

export type BlockContext = {
  readonly onDropped: (dropped: Dropped) => void
  /** The answer was cut at its token limit: a last call may be torn. */
  readonly truncated: boolean
}

/** A part of an answer as content blocks for a client; none for what the client's protocol cannot show. */
export function replyBlocks(part: Part, path: string, context: BlockContext): readonly Block[] {
  const own = ownFields(part.ext)
  switch (part.kind) {
    case 'text': {
      const citations = (part.citations ?? []).map((citation) => encodeCitation(citation, part.text))
      if (part.text === '' && citations.length === 0) return []
      return [{ type: 'text', text: part.text, ...(citations.length > 0 && { citations }), ...own }]
    }
    case 'refusal':
      return part.text === '' ? [] : [{ type: 'text', text: part.text }]
    case 'reasoning':
      if (part.redacted) return [{ type: 'redacted_thinking', data: part.seal?.value ?? '', ...own }]
      if (part.text === '' && part.seal === undefined) return []
      return [{ type: 'thinking', thinking: part.text, signature: part.seal?.value ?? '', ...own }]
    case 'tool-call': {
      if (part.name === '') {
        context.onDropped({ path, reason: 'unsupported', content: true, note: 'a tool call without a name' })
        return []
      }
      if (part.custom) context.onDropped(freeForm(path))
      const input = part.custom ? { input: part.input } : replyInput(part.input, path, context)
      return [{ type: 'tool_use', id: toolId(part.id), name: part.name, input, ...own }]
    }
    case 'server-tool': {
      const blocks = serverToolBlocks(part)
      if (blocks.length === 0)
        context.onDropped({ path, reason: 'unsupported', content: true, note: part.tool })
      return blocks
    }
    case 'opaque':
      if (part.origin === 'messages') return [part.value as Block]
      context.onDropped({
        path,
        reason: part.text === undefined ? 'unsupported' : 'approximated',
        note: `a part that only ${part.origin} knows`,
        ...(part.text === undefined && { content: true }),
      })
      return part.text === undefined ? [] : [{ type: 'text', text: part.text }]
    case 'media':
    case 'tool-result':
    case 'tool-reference':
      context.onDropped({ path, reason: 'unsupported', content: true, note: `${part.kind} in an answer` })
      return []
    default:
      return part satisfies never
  }
}

/** What is said of a free-form call: this protocol has objects only. */
export const freeForm = (path: string): Dropped =>
  bentInput(path, 'a free-form call as an object with one string')

/** What is said of arguments that are no JSON object. */
export const oddInput = (path: string, how: string): Dropped =>
  bentInput(path, `arguments that are no JSON object, ${how}`)

const bentInput = (path: string, note: string): Dropped => ({
  path: `${path}.input`,
  reason: 'approximated',
  note,
})

/** Arguments as an object: those that broke off at the token limit are completed, other odd ones kept as `_raw`. */
function replyInput(text: string, path: string, { onDropped, truncated }: BlockContext): JsonObject {
  const { value, bent } = toolInput(text)
  if (!bent) return value
  const tail = truncated ? completion(text) : undefined
  onDropped(oddInput(path, tail === undefined ? 'as _raw' : 'completed'))
  return tail === undefined ? value : toolInput(text + tail).value
}

/** A whole block as it streams: kinds that grow begin empty and get their content in deltas. */
export function streamedBlock(block: Block): {
  readonly start: Block
  readonly deltas: readonly JsonObject[]
} {
  const { type, text, citations, thinking, signature, input } = block
  switch (type) {
    case 'text': {
      const { citations: _, ...rest } = block
      const cited = asArray(citations).map((citation) => ({ type: 'citations_delta', citation }))
      return { start: { ...rest, text: '' }, deltas: [...unlessEmpty('text', 'text_delta', text), ...cited] }
    }
    case 'thinking':
      return {
        start: { ...block, thinking: '', signature: '' },
        deltas: [
          ...unlessEmpty('thinking', 'thinking_delta', thinking),
          ...unlessEmpty('signature', 'signature_delta', signature),
        ],
      }
    case 'tool_use': {
      const json = JSON.stringify(input)
      return {
        start: { ...block, input: {} },
        deltas: json === '{}' ? [] : [{ type: 'input_json_delta', partial_json: json }],
      }
    }
    default:
      return { start: block, deltas: [] }
  }
}

function unlessEmpty(field: string, type: string, value: unknown): readonly JsonObject[] {
  return value === '' ? [] : [{ type, [field]: value }]
}
