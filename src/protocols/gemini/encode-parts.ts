import type { Losses } from '../../ir/dropped.ts'
import { asObject } from '../../ir/json.ts'
import type { Part, ServerToolPart, ToolCallPart } from '../../ir/part.ts'
import { describeServerTool } from '../describe-server-tool.ts'
import { callArguments } from './call-arguments.ts'
import { ownFields, reportForeign } from './extensions.ts'
import { encodeMedia } from './media.ts'
import { groundingOf, ownToolPart } from './server-tools.ts'
import type { WirePart } from './wire.ts'

export type PartContext = {
  readonly losses: Losses
  /** Calls are told by id; otherwise by their order. */
  readonly callIds: boolean
  /**
   * Towards the upstream, media are bytes or what Google reads itself, and what ran elsewhere is told in words; a client
   * is shown thoughts with or without a signature, and no tool runs of other vendors.
   */
  readonly towards: 'upstream' | 'client'
}

/** Parts of a turn that is not the model's, each by itself. */
export function encodeParts(parts: readonly Part[], path: string, context: PartContext): readonly WirePart[] {
  return parts.flatMap((part, at) => encodePart(part, `${path}[${at}]`, context))
}

/** One part as wire parts; none when nothing of it can go out. Signatures are not placed here. */
export function encodePart(part: Part, path: string, context: PartContext): readonly WirePart[] {
  const { losses } = context
  reportForeign(path, part.ext, losses)
  if (part.cache !== undefined) losses.unsupported(`${path}.cache_control`, 'the prompt cache needs no marks')
  switch (part.kind) {
    case 'text':
      if (part.citations !== undefined) losses.unsupported(`${path}.citations`)
      return part.text === '' ? [] : [{ text: part.text, ...ownFields(part.ext) }]
    case 'media':
      return encodeMedia(part, path, {
        losses,
        urls: context.towards === 'client' ? 'any' : 'google',
        encodeParts: (parts, at) => encodeParts(parts, at, context),
      })
    case 'reasoning':
      losses.foreignSeal(path, 'thinking outside an answer of the model')
      return []
    case 'tool-call':
      return encodeCall(part, path, context)
    case 'tool-result':
      losses.content(path, 'a tool result where none can stand')
      return []
    case 'server-tool':
      return encodeServerTool(part, path, context)
    case 'refusal':
      losses.approximated(path, 'a refusal as text')
      return textPart(part.text)
    case 'tool-reference':
      losses.approximated(path, 'a tool reference as text')
      return textPart(`Tool available: ${part.name}`)
    case 'opaque':
      if (part.origin === 'gemini') return [part.value]
      if (part.text === undefined) losses.content(path, `a part that only ${part.origin} knows`)
      else losses.approximated(path, `a part that only ${part.origin} knows, as text`)
      return textPart(part.text ?? '')
    default:
      return part satisfies never
  }
}

const textPart = (text: string): readonly WirePart[] => (text === '' ? [] : [{ text }])

function encodeCall(part: ToolCallPart, path: string, { losses, callIds }: PartContext): readonly WirePart[] {
  if (part.name === '') {
    losses.content(path, 'a tool call without a name')
    return []
  }
  if (part.namespace !== undefined)
    losses.approximated(path, `the tool's namespace ${part.namespace} is lost`)
  if (!callIds) losses.approximated(`${path}.id`, 'calls and results are matched by their order')
  const { functionCall, ...own } = ownFields(part.ext)
  const call = {
    ...(callIds && part.id !== '' && { id: part.id }),
    name: part.name,
    args: argumentsOf(part, path, losses),
    ...asObject(functionCall),
  }
  return [{ functionCall: call, ...own }]
}

function argumentsOf(part: ToolCallPart, path: string, losses: Losses): object {
  if (part.custom) {
    losses.approximated(`${path}.input`, 'a free-form call as an object with one string')
    return { input: part.input }
  }
  const { value, bent } = callArguments(part.input)
  if (bent) losses.approximated(`${path}.input`, 'arguments that are no JSON object, kept as _raw')
  return value
}

/** A search that was told beside the answer has no part of its own to go back as. */
function encodeServerTool(
  part: ServerToolPart,
  path: string,
  { losses, towards }: PartContext,
): readonly WirePart[] {
  const own = ownToolPart(part)
  if (own !== undefined) return [own]
  if (groundingOf(part) !== undefined) return []
  if (towards === 'client') {
    losses.unsupported(path, `the ${part.phase} of ${part.name}, which ran at the provider, is not shown`)
    return []
  }
  losses.approximated(path, 'a tool that ran elsewhere, told as text')
  return textPart(describeServerTool(part))
}
