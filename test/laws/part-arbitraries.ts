/** What turns are made of, out of thin air. */
import * as fc from 'fast-check'
import type {
  Citation,
  Part,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../src/ir/part.ts'

/** What a request or an answer may draw upon. */
export const FEATURES = [
  'system',
  'system-anywhere',
  'images',
  'documents',
  'audio',
  'tools',
  'parallel-calls',
  'result-media',
  'result-errors',
  'reasoning',
  'sealed-reasoning',
  'citations',
  'cache',
  'limits',
  'sampling',
  'stops',
  'structured',
  'tool-choice',
  'effort',
  'identity',
  'server-tools',
  'custom-tools',
  'opaque',
  'refusal',
  'empty-texts',
  'adjacent-turns',
  'assistant-last',
] as const

export type Feature = (typeof FEATURES)[number]
export type Features = ReadonlySet<Feature>

/** A 1×1 PNG, so that sniffing agrees with the declared type. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const PDF = 'JVBERi0xLjQKJSVFT0YK'

export const TOOL_NAMES = ['read_file', 'search', 'Bash', 'get-weather', 'mcp__db__query'] as const

/** Visible text: never blank, and no lone surrogates, which no JSON parser hands on unharmed. */
export const text = fc.oneof(
  fc.constantFrom(
    'hello',
    'two\nlines',
    'ünïcødé ✓',
    '日本語のテキスト',
    '👩‍👩‍👧‍👦 family',
    '"quoted" \\ back',
    'data: [DONE]',
    '<b>&amp;</b>',
    ' leading',
    'trailing ',
  ),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 24 })
    .filter((value) => value.trim() !== '' && value.isWellFormed()),
)

export const callId = fc.integer({ min: 0, max: 1e6 }).map((n) => `call_${n.toString(36)}`)

const jsonValue = fc.jsonValue({ maxDepth: 2 }).filter((value) => isFaithful(value))

/** JSON text as models write it: sometimes spaced, sometimes with nothing in it. */
const toolInput = fc
  .dictionary(fc.constantFrom('path', 'query', 'limit', 'nested', '日本'), jsonValue, { maxKeys: 3 })
  .map((value) => JSON.stringify(value))

export const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined })

/** The record without its undefined members, as exact optional properties want it. */
export function record<T extends object>(members: {
  [K in keyof T]?: fc.Arbitrary<T[K] | undefined>
}): fc.Arbitrary<T> {
  return fc
    .record(members as { [key: string]: fc.Arbitrary<unknown> })
    .map(
      (value) => Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T,
    )
}

function citation(): fc.Arbitrary<Citation> {
  return record<Citation>({
    kind: fc.constant('web' as const),
    url: fc.constantFrom('https://example.com/a', 'https://example.com/b?q=1'),
    title: text,
    citedText: optional(text),
  })
}

export function textPart(features: Features): fc.Arbitrary<TextPart> {
  const words = features.has('empty-texts') ? fc.oneof(text, fc.constantFrom('', ' ', '\n')) : text
  return record<TextPart>({
    kind: fc.constant('text' as const),
    text: words,
    cache: features.has('cache')
      ? optional(fc.constantFrom({}, { ttl: '5m' as const }, { ttl: '1h' as const }))
      : fc.constant(undefined),
  })
}

function mediaParts(features: Features): fc.Arbitrary<Part>[] {
  const out: fc.Arbitrary<Part>[] = []
  if (features.has('images'))
    out.push(
      fc.constantFrom<Part>(
        { kind: 'media', media: 'image', source: { type: 'base64', mimeType: 'image/png', data: PNG } },
        { kind: 'media', media: 'image', source: { type: 'url', url: 'https://example.com/cat.png' } },
      ),
    )
  if (features.has('documents'))
    out.push(
      fc.constantFrom<Part>(
        {
          kind: 'media',
          media: 'document',
          source: { type: 'base64', mimeType: 'application/pdf', data: PDF },
          name: 'report.pdf',
        },
        {
          kind: 'media',
          media: 'document',
          source: { type: 'text', text: 'plain words', mimeType: 'text/plain' },
          name: 'notes',
        },
        { kind: 'media', media: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } },
      ),
    )
  if (features.has('audio'))
    out.push(
      fc.constant<Part>({
        kind: 'media',
        media: 'audio',
        source: { type: 'base64', mimeType: 'audio/wav', data: 'UklGRg==' },
      }),
    )
  if (features.has('opaque'))
    out.push(
      fc.constantFrom<Part>(
        { kind: 'opaque', origin: 'messages', value: { type: 'novelty', shine: 1 } },
        { kind: 'opaque', origin: 'chat', value: { type: 'novelty', shine: 1 } },
      ),
    )
  return out
}

export function userParts(features: Features): fc.Arbitrary<Part[]> {
  return fc
    .array(fc.oneof({ arbitrary: textPart(features), weight: 3 }, ...mediaParts(features)), {
      minLength: 1,
      maxLength: 3,
    })
    .filter((parts) => parts.some((part) => part.kind === 'text' && part.text.trim() !== ''))
}

function reasoningPart(features: Features): fc.Arbitrary<ReasoningPart> {
  const sealed = features.has('sealed-reasoning')
  return fc.oneof(
    record<ReasoningPart>({
      kind: fc.constant('reasoning' as const),
      text,
      seal: sealed ? fc.constant({ value: 'c2VhbGVkIHRob3VnaHQ=' }) : fc.constant(undefined),
    }),
    ...(sealed
      ? [
          fc.constantFrom<ReasoningPart>(
            { kind: 'reasoning', text: '', seal: { value: 'b25seSBhIHNlYWw=' } },
            { kind: 'reasoning', text: '', redacted: true, seal: { value: 'cmVkYWN0ZWQ=' } },
          ),
        ]
      : []),
  )
}

function toolCall(features: Features): fc.Arbitrary<ToolCallPart> {
  const call: fc.Arbitrary<ToolCallPart> = fc.record({
    kind: fc.constant('tool-call' as const),
    id: callId,
    name: fc.constantFrom(...TOOL_NAMES),
    input: toolInput,
  })
  if (!features.has('custom-tools')) return call
  return fc.oneof(
    call,
    fc.record({
      kind: fc.constant('tool-call' as const),
      id: callId,
      name: fc.constant('apply_patch'),
      input: text,
      custom: fc.constant(true as const),
    }),
  )
}

export function resultFor(call: ToolCallPart, features: Features): fc.Arbitrary<ToolResultPart> {
  const inner = features.has('result-media') ? mediaParts(new Set<Feature>(['images', 'documents'])) : []
  return record<ToolResultPart>({
    kind: fc.constant('tool-result' as const),
    callId: fc.constant(call.id),
    content: fc.array(fc.oneof({ arbitrary: textPart(new Set()), weight: 2 }, ...inner), {
      minLength: 1,
      maxLength: 2,
    }),
    isError: features.has('result-errors') ? optional(fc.constant(true as const)) : fc.constant(undefined),
    custom: fc.constant(call.custom),
  })
}

function serverTool(): fc.Arbitrary<Part[]> {
  return fc.constant([
    {
      kind: 'server-tool',
      phase: 'call',
      tool: 'web-search',
      id: 'srvtoolu_1',
      name: 'web_search',
      input: '{"query":"dragoman"}',
      origin: 'messages',
      value: { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'dragoman' } },
    },
    {
      kind: 'server-tool',
      phase: 'result',
      tool: 'web-search',
      id: 'srvtoolu_1',
      name: 'web_search',
      found: [{ url: 'https://example.com/a', title: 'A page' }],
      origin: 'messages',
      value: {
        type: 'web_search_tool_result',
        tool_use_id: 'srvtoolu_1',
        content: [
          {
            type: 'web_search_result',
            url: 'https://example.com/a',
            title: 'A page',
            encrypted_content: 'eA==',
          },
        ],
      },
    },
  ])
}

/** What a model says in one turn: reasoning, words, then calls, in the order that all protocols can tell. */
export function answerParts(features: Features): fc.Arbitrary<Part[]> {
  const reasoning = features.has('reasoning') || features.has('sealed-reasoning')
  const calls = features.has('parallel-calls') ? 3 : 1
  const words = features.has('citations')
    ? fc.oneof(
        textPart(new Set()),
        fc
          .tuple(text, fc.array(citation(), { minLength: 1, maxLength: 2 }))
          .map(([said, citations]): Part => ({ kind: 'text', text: said, citations })),
      )
    : textPart(new Set())
  return fc
    .tuple(
      reasoning ? fc.array(reasoningPart(features), { maxLength: 1 }) : fc.constant([]),
      features.has('server-tools') ? fc.oneof(serverTool(), fc.constant([])) : fc.constant([]),
      fc.array(words, { maxLength: 1 }),
      features.has('tools') || features.has('parallel-calls') || features.has('custom-tools')
        ? fc.uniqueArray(toolCall(features), { maxLength: calls, selector: (call) => call.id })
        : fc.constant([]),
      features.has('refusal')
        ? fc.array(
            text.map((said): Part => ({ kind: 'refusal', text: said })),
            { maxLength: 1 },
          )
        : fc.constant([]),
    )
    .map((groups) => groups.flat() as Part[])
    .filter((parts) => parts.some((part) => part.kind !== 'reasoning'))
}

/** Numbers that JSON text keeps as they are, no lone surrogates, and no `__proto__`, which object literals swallow. */
function isFaithful(value: unknown): boolean {
  const again = JSON.stringify(value)
  return (
    again.isWellFormed() &&
    !again.includes('__proto__') &&
    !/\\ud[89a-f]/i.test(again) &&
    !again.includes('-0') &&
    !/e[+-]\d/i.test(again)
  )
}
