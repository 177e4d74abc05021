/**
 * Requests and answers out of thin air. Each request draws a few *features*; with few of them drawn, many requests fit a
 * protocol whole, so that the law of honest loss is tried where it says something.
 */
import * as fc from 'fast-check'
import type { Part, ToolResultPart } from '../../src/ir/part.ts'
import type { FunctionTool, ModelRequest, Tool, ToolChoice, Turn } from '../../src/ir/request.ts'
import type { Finish, ModelResponse } from '../../src/ir/response.ts'
import type { Usage } from '../../src/ir/usage.ts'
import {
  answerParts,
  FEATURES,
  optional,
  record,
  resultFor,
  text,
  textPart,
  TOOL_NAMES,
  userParts,
  type Feature,
  type Features,
} from './part-arbitraries.ts'

const schema = fc
  .uniqueArray(fc.constantFrom('path', 'query', 'limit'), { minLength: 1, maxLength: 3 })
  .map((names) => ({
    type: 'object',
    properties: Object.fromEntries(
      names.map((name) => [name, { type: 'string', description: `the ${name}` }]),
    ),
    required: names.slice(0, 1),
    additionalProperties: false,
  }))

/** One exchange: the user speaks, the model answers; when it calls tools, the results open the next user turn. */
type Exchange = { readonly user: Part[]; readonly answer: Part[]; readonly results: ToolResultPart[] }

function exchange(features: Features): fc.Arbitrary<Exchange> {
  return fc.tuple(userParts(features), answerParts(features)).chain(([user, answer]) => {
    const calls = answer.filter((part) => part.kind === 'tool-call')
    return fc
      .tuple(
        fc.constant(user),
        fc.constant(answer),
        fc.tuple(...calls.map((call) => resultFor(call, features))),
      )
      .map(([u, a, results]) => ({ user: u, answer: a, results }))
  })
}

/** A conversation of whole exchanges that ends with the user, its call ids unique. */
export function turns(features: Features, exchanges: number): fc.Arbitrary<Turn[]> {
  const system = features.has('system')
    ? fc.array(
        textPart(features).map((part): Turn => ({ role: 'system', parts: [part] })),
        { maxLength: 2 },
      )
    : fc.constant([])
  const between = features.has('system-anywhere') ? fc.array(text, { maxLength: 1 }) : fc.constant([])
  return fc
    .tuple(
      system,
      fc.array(fc.tuple(exchange(features), between), { minLength: exchanges, maxLength: exchanges }),
      userParts(features),
      answerParts(features),
    )
    .map(([leading, list, last, tail]) => {
      const out: Turn[] = [...leading]
      let results: ToolResultPart[] = []
      for (const [index, [step, notes]] of list.entries()) {
        const unique = <P extends Part>(part: P): P =>
          part.kind === 'tool-call'
            ? { ...part, id: `${part.id}_${index}` }
            : part.kind === 'tool-result'
              ? { ...part, callId: `${part.callId}_${index}` }
              : part
        const user = [...results, ...step.user]
        if (features.has('adjacent-turns') && results.length === 0)
          out.push({ role: 'user', parts: [{ kind: 'text', text: 'first of two' }] })
        out.push({ role: 'user', parts: user })
        for (const note of notes) out.push({ role: 'system', parts: [{ kind: 'text', text: note }] })
        out.push({ role: 'assistant', parts: step.answer.map(unique) })
        results = step.results.map(unique)
      }
      out.push({ role: 'user', parts: [...results, ...last] })
      if (features.has('assistant-last'))
        out.push({ role: 'assistant', parts: tail.filter((part) => part.kind === 'text') })
      return out.filter((turn) => turn.parts.length > 0)
    })
}

function tools(features: Features): fc.Arbitrary<Tool[]> {
  if (
    !features.has('tools') &&
    !features.has('parallel-calls') &&
    !features.has('custom-tools') &&
    !features.has('tool-choice')
  )
    return fc.constant([])
  const functions = fc.tuple(
    ...TOOL_NAMES.map((name) =>
      record<FunctionTool>({
        kind: fc.constant('function' as const),
        name: fc.constant(name),
        description: optional(text),
        schema,
        strict: optional(fc.boolean()),
      }),
    ),
  )
  const custom: Tool[] = features.has('custom-tools')
    ? [{ kind: 'custom', name: 'apply_patch', description: 'patches files' }]
    : []
  return functions.map((list) => [...list, ...custom])
}

const toolChoice: fc.Arbitrary<ToolChoice> = fc.constantFrom<ToolChoice>(
  { mode: 'auto' },
  { mode: 'required' },
  { mode: 'none' },
  { mode: 'tool', name: 'search' },
)

/** A request that draws upon these features and no others. */
export function requestWith(
  features: Features,
  exchanges = fc.integer({ min: 0, max: 2 }),
): fc.Arbitrary<ModelRequest> {
  const none = fc.constant(undefined)
  const when = <T>(feature: Feature, value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    features.has(feature) ? optional(value) : none
  return exchanges.chain((count) =>
    record<ModelRequest>({
      model: fc.constantFrom('gpt-big', 'claude-big'),
      stream: fc.boolean(),
      turns: turns(features, count),
      tools: tools(features),
      toolChoice: when('tool-choice', toolChoice),
      parallelToolCalls: when('tool-choice', fc.boolean()),
      maxOutputTokens: fc.integer({ min: 1024, max: 4096 }),
      temperature: when('sampling', fc.constantFrom(0, 0.5, 1)),
      topP: when('sampling', fc.constantFrom(0.5, 0.9)),
      stop: when(
        'stops',
        fc.uniqueArray(fc.constantFrom('END', '\n\nHuman:', '###'), { minLength: 1, maxLength: 3 }),
      ),
      reasoning: when(
        'effort',
        fc.constantFrom(
          { effort: 'low' as const },
          { effort: 'medium' as const },
          { effort: 'high' as const },
        ),
      ),
      output: when(
        'structured',
        schema.map((value) => ({ type: 'schema' as const, schema: value, name: 'answer' })),
      ),
      user: when('identity', fc.constant('user-0123456789')),
    }),
  )
}

/** Any request: up to four features at once. */
export const request: fc.Arbitrary<ModelRequest> = fc
  .subarray([...FEATURES], { maxLength: 4 })
  .chain((features) => requestWith(new Set(features)))

export const usage: fc.Arbitrary<Usage> = record<Usage>({
  uncached: fc.nat({ max: 9999 }),
  cacheRead: optional(fc.nat({ max: 9999 })),
  output: fc.integer({ min: 1000, max: 9999 }),
  reasoning: optional(fc.nat({ max: 999 })),
})

function finishOf(parts: readonly Part[]): fc.Arbitrary<Finish> {
  if (parts.some((part) => part.kind === 'tool-call')) return fc.constant({ reason: 'tool-calls' })
  if (parts.some((part) => part.kind === 'refusal')) return fc.constant({ reason: 'refusal' })
  return fc.constantFrom<Finish>({ reason: 'stop' }, { reason: 'length' }, { reason: 'stop' })
}

/** A whole answer that draws upon these features and no others. */
export function responseWith(features: Features): fc.Arbitrary<ModelResponse> {
  return answerParts(features).chain((parts) =>
    record<ModelResponse>({
      id: fc.constant('answer1'),
      model: fc.constant('upstream-model'),
      created: fc.constant(1_790_000_000),
      parts: fc.constant(parts),
      finish: finishOf(parts),
      usage,
    }),
  )
}

const ANSWER_FEATURES: Feature[] = [
  'tools',
  'parallel-calls',
  'reasoning',
  'sealed-reasoning',
  'citations',
  'server-tools',
  'custom-tools',
  'refusal',
]

export const response: fc.Arbitrary<ModelResponse> = fc
  .subarray(ANSWER_FEATURES, { maxLength: 4 })
  .chain((features) => responseWith(new Set(features)))
