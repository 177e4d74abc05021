import { GatewayError } from '../../errors.ts'
import { asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Part } from '../../ir/part.ts'
import type { ModelResponse } from '../../ir/response.ts'
import type { Usage } from '../../ir/usage.ts'
import { decodeFailure } from '../upstream-failure.ts'
import { decodeBlock } from './decode-content.ts'
import { keepUnknown } from './extensions.ts'
import { decodeFinish } from './stop-reason.ts'
import { decodeUsage } from './usage.ts'
import { JSON_OUTPUT_TOOL } from './wire.ts'

/**
 * An upstream's whole answer. A call of the tool that carried a JSON schema becomes the text it stands for.
 * @throws the error that the body tells, or `upstream-broken` when it is no message.
 */
export function decodeResponse(wire: JsonObject): ModelResponse {
  if (wire['type'] === 'error' || (wire['error'] !== undefined && wire['error'] !== null))
    throw decodeFailure({ status: 200, headers: {}, body: JSON.stringify(wire) })
  const { id, model, content, usage, ...tail } = wire
  if (!Array.isArray(content))
    throw new GatewayError(
      'upstream-broken',
      'the upstream answered without content; it may not speak Messages',
    )
  const parts = content.filter(isObject).map((block, index) => decodeAnswerBlock(block, index))
  const { type: _, role: __, stop_reason: ___, stop_sequence: ____, stop_details: _____, ...rest } = tail
  const counted = fullUsage(decodeUsage(usage))
  return {
    id: asString(id) ?? '',
    model: asString(model) ?? '',
    parts,
    finish: decodeFinish(tail, {
      toolCalls: parts.some((part) => part.kind === 'tool-call'),
      refusal: false,
    }),
    ...(counted !== undefined && { usage: counted }),
    ...keepUnknown(rest),
  }
}

function decodeAnswerBlock(block: JsonObject, index: number): Part {
  const part = decodeBlock(block, `content[${index}]`)
  return part.kind === 'tool-call' && part.name === JSON_OUTPUT_TOOL
    ? { kind: 'text', text: part.input }
    : part
}

/** Usage with its obligatory counts; undefined when nothing was counted. */
export function fullUsage(partial: Partial<Usage> | undefined): Usage | undefined {
  if (partial === undefined || (partial.uncached === undefined && partial.output === undefined))
    return undefined
  return { ...partial, uncached: partial.uncached ?? 0, output: partial.output ?? 0 }
}
