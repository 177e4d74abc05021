import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asArray, type JsonObject } from '../../src/ir/json.ts'
import type { ModelRequest, Turn } from '../../src/ir/request.ts'
import { requestWith } from './arbitraries.ts'
import { unlessRefused } from './attempt.ts'
import { FEATURES, type Feature } from './part-arbitraries.ts'
import { SUBJECTS } from './protocols.ts'
import { runs } from './runs.ts'

/** A trailing assistant turn is no turn that a conversation grows from. */
const GROWING = FEATURES.filter((feature) => feature !== 'assistant-last')

const conversation = fc
  .subarray([...GROWING], { maxLength: 5 })
  .chain((features: Feature[]) => requestWith(new Set(features), fc.constant(3)))

describe.each(SUBJECTS)('cache prefix: $id', ({ id, protocol, faithful, dialects }) => {
  test.each(Object.entries({ faithful, ...dialects }))(
    'each request extends the one before (%s upstream)',
    (_, dialect) => {
      fc.assert(
        fc.property(conversation, (whole) => {
          const bodies = steps(whole).map(
            (step) => unlessRefused(() => protocol.encodeRequest(step, dialect))?.body,
          )
          for (const [before, after] of neighbours(bodies)) {
            expect(headOf(id, after)).toEqual(headOf(id, before))
            const said = messagesOf(before)
            expect(messagesOf(after).slice(0, said.length)).toEqual(said)
          }
        }),
        runs(120),
      )
    },
  )

  test('the same request is the same bytes every time', () => {
    fc.assert(
      fc.property(conversation, (asked) => {
        const once = unlessRefused(() => JSON.stringify(protocol.encodeRequest(asked, faithful).body))
        const twice = unlessRefused(() =>
          JSON.stringify(protocol.encodeRequest(structuredClone(asked), faithful).body),
        )
        expect(twice).toBe(once)
      }),
      runs(60),
    )
  })

  test.runIf(id === 'chat' || id === 'responses')('arguments that travel as text keep their spelling', () => {
    const spellings = fc.constantFrom(
      '{}',
      '{ "path" : "a" }',
      '{"path":"a",\n "limit": 1e2}',
      '{"b":1,"a":"\\u00fc"}',
    )
    fc.assert(
      fc.property(spellings, (input) => {
        const call = { kind: 'tool-call' as const, id: 'call_1', name: 'search', input }
        const result = { kind: 'tool-result' as const, callId: 'call_1', content: [] }
        const asked: ModelRequest = {
          model: 'model',
          stream: false,
          turns: [
            { role: 'user', parts: [{ kind: 'text', text: 'hello' }] },
            { role: 'assistant', parts: [call] },
            { role: 'user', parts: [result] },
          ],
          tools: [],
        }
        const { body } = protocol.encodeRequest(asked, faithful)
        expect(JSON.stringify(body)).toContain(JSON.stringify(input))
      }),
      runs(8),
    )
  })
})

/** What stands before the conversation in the prompt. */
const HEAD: Readonly<Record<string, readonly string[]>> = {
  messages: ['system', 'tools', 'tool_choice'],
  chat: ['tools'],
  responses: ['instructions', 'tools'],
  gemini: ['systemInstruction', 'tools'],
  completions: [],
}

function headOf(id: string, body: JsonObject): string[] {
  return (HEAD[id] ?? []).map((key) => JSON.stringify(body[key]))
}

/**
 * Messages as bytes, without cache marks: these say where a prefix ends and are no part of it. A mark makes a block of a
 * string, which is the same prompt.
 */
function messagesOf(body: JsonObject): string[] {
  const list = asArray(body['messages'] ?? body['input'] ?? body['contents'])
  return list.map((message) => JSON.stringify(message, withoutMarks))
}

function withoutMarks(key: string, value: unknown): unknown {
  if (key === 'cache_control' || key === 'prompt_cache_breakpoint') return undefined
  return key === 'content' && typeof value === 'string' ? [{ type: 'text', text: value }] : value
}

/** Each body with the next; those that were refused have none. */
function neighbours(bodies: readonly (JsonObject | undefined)[]): [JsonObject, JsonObject][] {
  return bodies.flatMap((body, index): [JsonObject, JsonObject][] => {
    const next = bodies[index + 1]
    return body === undefined || next === undefined ? [] : [[body, next]]
  })
}

/** The conversation as the client sends it turn after turn: each ends where the user has spoken. */
function steps(whole: ModelRequest): ModelRequest[] {
  const ends = whole.turns.flatMap((turn, index) =>
    isLastOfUser(whole.turns, index, turn) ? [index + 1] : [],
  )
  return ends.map((end) => ({ ...whole, turns: whole.turns.slice(0, end) }))
}

function isLastOfUser(turns: readonly Turn[], index: number, turn: Turn): boolean {
  const next = turns[index + 1]
  return (
    turn.role !== 'assistant' &&
    turns.slice(0, index + 1).some((other) => other.role === 'user') &&
    (next === undefined || next.role === 'assistant')
  )
}
