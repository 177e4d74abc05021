import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Dropped } from '../../src/ir/dropped.ts'
import { fold, unfold } from '../../src/ir/fold.ts'
import type { ModelResponse } from '../../src/ir/response.ts'
import { formatSse, parseSse } from '../../src/stream/sse.ts'
import { run } from '../../src/stream/sink.ts'
import { CORPUS_ABSENT, corpusFolder, corpusRecords, hasSoundResponse } from '../support/corpus.ts'
import { response } from './arbitraries.ts'
import { contextFor } from './context.ts'
import { interleaved } from './event-arbitraries.ts'
import { normaliseResponse } from './normalise.ts'
import { SUBJECTS } from './protocols.ts'
import { runs } from './runs.ts'

describe.each(SUBJECTS)('twins: $id', ({ protocol, faithful, corpus }) => {
  const throughStream = (answer: ModelResponse): { answer: ModelResponse; dropped: Dropped[] } => {
    const dropped: Dropped[] = []
    const context = { ...contextFor(true), onDropped: (loss: Dropped) => void dropped.push(loss) }
    const events = run(protocol.encodeStream(context), unfold(answer))
    return { answer: fold(run(protocol.decodeStream(faithful), events)), dropped }
  }

  test('an answer says the same streamed and whole', () => {
    fc.assert(
      fc.property(response, (answer) => {
        const streamed = throughStream(answer)
        const whole = protocol.decodeResponse(
          protocol.encodeResponse(answer, contextFor(false)).body,
          faithful,
        )
        expect(normaliseResponse(streamed.answer)).toEqual(normaliseResponse(whole))
      }),
      runs(250),
    )
  })

  test('an answer loses the same streamed and whole', () => {
    fc.assert(
      fc.property(response, (answer) => {
        const whole = protocol.encodeResponse(answer, contextFor(false)).dropped
        expect(kinds(throughStream(answer).dropped)).toEqual(kinds(whole))
      }),
      runs(150),
    )
  })

  test('parts that stream in turns arrive as whole as parts in a row', () => {
    fc.assert(
      fc.property(interleaved(), (events) => {
        const stream = (input: typeof events) =>
          fold(run(protocol.decodeStream(faithful), run(protocol.encodeStream(contextFor(true)), input)))
        expect(content(stream(events))).toEqual(content(stream([...unfold(fold(events))])))
      }),
      runs(150),
    )
  })

  test.skipIf(corpusFolder() === undefined)(
    `recorded streams survive being written again (${CORPUS_ABSENT} otherwise)`,
    () => {
      const records = corpusRecords(corpus).filter(
        (record) =>
          hasSoundResponse(record) && record.stream_format === 'sse' && !record.notes.includes('hand_edited'),
      )
      expect(records.length).toBeGreaterThan(0)
      const broken = records.flatMap((record) => {
        const input = run(parseSse(), [Buffer.from(record.response_body as string)])
        const first = run(protocol.decodeStream(faithful), input)
        if (first.some((event) => event.type === 'error')) return []
        const once = fold(first)
        const text = run(protocol.encodeStream(contextFor(true)), first)
          .map(formatSse)
          .join('')
        const twice = fold(run(protocol.decodeStream(faithful), run(parseSse(), [Buffer.from(text)])))
        return JSON.stringify(content(twice)) === JSON.stringify(content(once)) ? [] : [record.id]
      })
      expect(broken).toEqual([])
    },
  )
})

const kinds = (list: readonly Dropped[]): Set<string> => new Set(list.map((loss) => loss.reason))

/** What an answer says, whatever the order in which its parts ended. */
function content(answer: ModelResponse): unknown {
  const { parts, finish } = normaliseResponse(answer) as {
    parts: { kind: string; text?: string }[]
    finish: unknown
  }
  const joined = (kind: string) =>
    parts
      .filter((part) => part.kind === kind)
      .map((part) => part.text)
      .join('')
  return {
    text: joined('text'),
    reasoning: joined('reasoning'),
    refusal: joined('refusal'),
    calls: parts.filter((part) => part.kind === 'tool-call'),
    finish,
  }
}
