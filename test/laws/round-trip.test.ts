import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fold, unfold } from '../../src/ir/fold.ts'
import type { ModelResponse } from '../../src/ir/response.ts'
import { run } from '../../src/stream/sink.ts'
import { response } from './arbitraries.ts'
import { unlessRefused } from './attempt.ts'
import { contextFor } from './context.ts'
import { normaliseParts, normaliseTurns } from './normalise.ts'
import { SUBJECTS } from './protocols.ts'
import { REPLAYS } from './replay.ts'
import { runs } from './runs.ts'

const QUESTION = 'what is it?'
const RESULT = 'it is so'

describe.each(SUBJECTS.filter(({ id }) => REPLAYS[id] !== undefined))('round trip: $id client', (client) => {
  const replay = REPLAYS[client.id]!

  test('an answer that lost nothing comes back as the upstream said it', () => {
    fc.assert(
      fc.property(response, (answer) => {
        const { body, dropped } = client.protocol.encodeResponse(answer, contextFor(false))
        if (dropped.length > 0) return
        const turns = client.protocol.decodeRequest(replay(QUESTION, body, RESULT)).turns
        const said = turns.filter((turn) => turn.role === 'assistant').flatMap((turn) => turn.parts)
        expect(normaliseParts(said)).toEqual(normaliseParts(answer.parts))
      }),
      runs(200),
    )
  })

  test('results name the calls that the upstream made', () => {
    fc.assert(
      fc.property(response, (answer) => {
        const { body } = client.protocol.encodeResponse(answer, contextFor(false))
        const turns = client.protocol.decodeRequest(replay(QUESTION, body, RESULT)).turns
        const answered = turns
          .flatMap((turn) => turn.parts)
          .flatMap((part) => (part.kind === 'tool-result' ? [part.callId] : []))
        expect(answered).toEqual(answer.parts.flatMap((part) => (part.kind === 'tool-call' ? [part.id] : [])))
      }),
      runs(100),
    )
  })

  describe.each(SUBJECTS.filter(({ id }) => REPLAYS[id] !== undefined))('$id upstream', (upstream) => {
    /** The answer as this upstream can give it. */
    const given = (answer: ModelResponse): ModelResponse =>
      fold(
        run(
          upstream.protocol.decodeStream(upstream.faithful),
          run(upstream.protocol.encodeStream(contextFor(true)), unfold(answer)),
        ),
      )

    test('the next request holds the answer as if the client spoke to the upstream itself', () => {
      fc.assert(
        fc.property(response, (made) => {
          const answer = given(made)
          // Chat has one place for words, before the calls.
          if (client.id === 'chat' && speaksAfterCalling(answer)) return
          const own = upstream.protocol.encodeResponse(answer, contextFor(false))
          const reply = client.protocol.encodeResponse(answer, contextFor(false))
          if (own.dropped.length > 0 || reply.dropped.length > 0) return
          const direct = upstream.protocol.decodeRequest(REPLAYS[upstream.id]!(QUESTION, own.body, RESULT))
          const through = client.protocol.decodeRequest(replay(QUESTION, reply.body, RESULT))
          const sent = unlessRefused(() => upstream.protocol.encodeRequest(through, upstream.faithful))
          if (sent === undefined || sent.dropped.length > 0) return
          expect(normaliseTurns(upstream.protocol.decodeRequest(sent.body).turns)).toEqual(
            normaliseTurns(direct.turns),
          )
        }),
        runs(150),
      )
    })
  })
})

function speaksAfterCalling({ parts }: ModelResponse): boolean {
  const call = parts.findIndex((part) => part.kind === 'tool-call')
  return call >= 0 && parts.slice(call).some((part) => part.kind === 'text')
}
