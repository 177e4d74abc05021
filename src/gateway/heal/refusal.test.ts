import { describe, expect, it } from 'vitest'
import type { UpstreamFailure } from '../../protocols/protocol.ts'
import { decodeFailure } from '../../protocols/upstream-failure.ts'
import { isSealRefusal, readRefusal } from './refusal.ts'

const failure = (body: unknown, status = 400): UpstreamFailure => ({
  status,
  headers: {},
  body: JSON.stringify(body),
})
const anthropic = (message: string) =>
  failure({ type: 'error', error: { type: 'invalid_request_error', message } })
const openai = (message: string, code: string | null = null, param: string | null = null) =>
  failure({ error: { message, type: 'invalid_request_error', code, param } })

const read = (refused: UpstreamFailure) => readRefusal(decodeFailure(refused))
const field = (...path: string[]) => ({ kind: 'field', path })
const dialect = (change: object) => ({ kind: 'dialect', change })

const lessons: readonly (readonly [UpstreamFailure, readonly object[]])[] = [
  [anthropic('context_management: Extra inputs are not permitted'), [field('context_management')]],
  [anthropic('output_config.effort: Extra inputs are not permitted'), [field('output_config', 'effort')]],
  [
    anthropic('tools.12.custom.eager_input_streaming: Extra inputs are not permitted'),
    [field('tools', '*', 'custom', 'eager_input_streaming')],
  ],
  [
    anthropic('messages.3.content.0.thinking.cache_control: Extra inputs are not permitted'),
    [field('messages', '*', 'content', '*', 'thinking', 'cache_control')],
  ],
  [
    anthropic('system.1.cache_control.ephemeral.scope: Extra inputs are not permitted'),
    [field('system', '*', 'cache_control', 'ephemeral', 'scope')],
  ],
  [
    anthropic(
      'Unexpected value(s) `advisor-tool-2026-03-01`, `effort-2025-11-24` for the `anthropic-beta` header. Please try again without the header.',
    ),
    [
      { kind: 'beta', value: 'advisor-tool-2026-03-01' },
      { kind: 'beta', value: 'effort-2025-11-24' },
    ],
  ],
  [
    anthropic("This model does not support effort level 'max'. Supported levels: high, low, medium."),
    [dialect({ efforts: ['low', 'medium', 'high'] })],
  ],
  [anthropic('This model does not support the effort parameter.'), [dialect({ efforts: [] })]],
  [
    anthropic('"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive".'),
    [{ kind: 'choice', field: 'thinking', choice: 'enabled' }],
  ],
  [
    anthropic('adaptive thinking is not supported on this model'),
    [{ kind: 'choice', field: 'thinking', choice: 'adaptive' }],
  ],
  [
    anthropic('max_tokens: 128000 > 64000, which is the maximum allowed number of output tokens for x'),
    [dialect({ maxOutputTokens: 64_000 })],
  ],
  [
    anthropic('messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter'),
    [dialect({ midConversationSystem: false })],
  ],
  [anthropic("role 'system' is not supported on this model"), [dialect({ midConversationSystem: false })]],
  [anthropic('`temperature` is deprecated for this model.'), [field('temperature')]],
  [
    anthropic('`temperature` and `top_p` cannot both be specified for this model. Please use only one.'),
    [dialect({ sampling: 'temperature-or-top-p' })],
  ],
  [openai('Unrecognized request argument supplied: reasoning_effort'), [field('reasoning_effort')]],
  [openai('Unrecognized request arguments supplied: foo, bar'), [field('foo'), field('bar')]],
  [
    openai(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      'unsupported_parameter',
      'max_tokens',
    ),
    [dialect({ maxTokensField: 'max_completion_tokens', bothTokenLimits: false })],
  ],
  [
    openai('Unrecognized request argument supplied: max_completion_tokens'),
    [dialect({ maxTokensField: 'max_tokens', bothTokenLimits: false })],
  ],
  [
    openai(
      "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
      'unsupported_value',
      'temperature',
    ),
    [field('temperature')],
  ],
  [openai('No luck with that.', 'unsupported_parameter', 'top_p'), [field('top_p')]],
  [
    openai(
      "Unsupported value: 'reasoning_effort' does not support 'xhigh' with this model. Supported values are: 'low', 'medium', and 'high'.",
      'unsupported_value',
      'reasoning_effort',
    ),
    [dialect({ efforts: ['low', 'medium', 'high'] })],
  ],
  [
    openai("Unknown parameter: 'tools[0].function.strict'.", 'unknown_parameter', 'tools[0].function.strict'),
    [field('tools', '*', 'function', 'strict')],
  ],
  [
    openai(
      "Unsupported value: 'messages[0].role' does not support 'developer' with this model.",
      'unsupported_value',
      'messages[0].role',
    ),
    [dialect({ systemRole: 'system' })],
  ],
  [
    openai(
      'max_tokens is too large: 90000. This model supports at most 16384 completion tokens, whereas you provided 90000.',
    ),
    [dialect({ maxOutputTokens: 16_384 })],
  ],
  [
    failure({ detail: [{ type: 'extra_forbidden', loc: ['body', 'seed'], msg: 'Extra inputs' }] }, 422),
    [field('seed')],
  ],
  [
    failure({ message: { detail: [{ type: 'extra_forbidden', loc: ['body', 'tools', 0, 'x'] }] } }, 422),
    [field('tools', '*', 'x')],
  ],
]

describe('a refusal', () => {
  it.each(lessons)('teaches what to leave out or to say instead: $body', (refused, expected) => {
    expect(read(refused)).toEqual(expected)
  })

  it.each([
    anthropic('messages.0.content.0.text.text: Extra inputs are not permitted'),
    anthropic('messages.1.content.0.tool_use.caller: Extra inputs are not permitted'),
    anthropic('tools.0.custom.input_schema.foo: Extra inputs are not permitted'),
    anthropic('tools: Extra inputs are not permitted'),
    anthropic('messages: at least one message is required'),
    anthropic('prompt is too long: 2 tokens > 1 maximum'),
    openai("Unknown parameter: 'messages[0].mood'.", 'unknown_parameter', 'messages[0].mood'),
    openai("Unknown parameter: 'tools[0].function.description'.", 'unknown_parameter'),
    openai("Unsupported value: 'model' is odd.", 'unsupported_value', 'model'),
    openai("Invalid 'stop': array too long.", 'array_above_max_length', 'stop'),
    failure({ error: { message: 'context_management: Extra inputs are not permitted' } }, 500),
    failure({ error: { message: 'seed: Extra inputs are not permitted' } }, 401),
  ])('that concerns the question itself, or is none, teaches nothing: $body', (refused) => {
    expect(read(refused)).toEqual([])
  })
})

describe('a refusal of reasoning', () => {
  it.each([
    anthropic('messages.1.content.0: Invalid `signature` in `thinking` block'),
    anthropic('messages.1.content.0: Invalid `data` in `redacted_thinking` block'),
    anthropic('messages.1.content.0.thinking.signature: Field required'),
    anthropic(
      'messages.3.content.1: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified.',
    ),
    anthropic(
      'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is enabled, …',
    ),
    openai('The encrypted content gAAA… could not be verified.', 'invalid_encrypted_content'),
    openai('Encrypted content could not be decrypted or parsed.'),
  ])('is known by its words: $body', (refused) => {
    expect(isSealRefusal(decodeFailure(refused))).toBe(true)
  })

  it('is not seen in other words about thinking', () => {
    expect(isSealRefusal(decodeFailure(anthropic('adaptive thinking is not supported on this model')))).toBe(
      false,
    )
  })
})
