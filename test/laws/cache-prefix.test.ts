import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asArray, type JsonObject } from '../../src/ir/json.ts'
import type { ModelRequest, Turn } from '../../src/ir/request.ts'
import { FEATURES, requestWith, type Feature } from './arbitraries.ts'
import { unlessRefused } from './attempt.ts'
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
          let before: JsonObject | undefined
          for (const step of steps(whole)) {
            const body = unlessRefused(() => protocol.encodeRequest(step, dialect))?.body
            if (body === undefined) return
            if (before !== undefined) {
              for (const key of HEAD[id] ?? [])
                expect(JSON.stringify(body[key])).toBe(JSON.stringify(before[key]))
              const said = messagesOf(before)
              expect(messagesOf(body).slice(0, said.length)).toEqual(said)
            }
            before = body
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
})

/** What stands before the conversation in the prompt. */
const HEAD: Readonly<Record<string, readonly string[]>> = {
  messages: ['system', 'tools', 'tool_choice'],
  chat: ['tools'],
  responses: ['instructions', 'tools'],
  gemini: ['systemInstruction', 'tools'],
  completions: [],
}

/**
 * Messages as bytes, without cache marks: these say where a prefix ends and are no part of it. A mark makes a block of a
 * string, which is the same prompt.
 */
function messagesOf(body: JsonObject): string[] {
  const withoutMarks = (key: string, value: unknown): unknown =>
    key === 'cache_control' || key === 'prompt_cache_breakpoint'
      ? undefined
      : key === 'content' && typeof value === 'string'
        ? [{ type: 'text', text: value }]
        : value
  const list = asArray(body['messages'] ?? body['input'] ?? body['contents'])
  return list.map((message) => JSON.stringify(message, withoutMarks))
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
