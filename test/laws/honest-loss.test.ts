import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ModelRequest } from '../../src/ir/request.ts'
import { FEATURES, request, requestWith, response } from './arbitraries.ts'
import { unlessRefused } from './attempt.ts'
import { normaliseRequest, normaliseResponse } from './normalise.ts'
import { contextFor } from './context.ts'
import { SUBJECTS } from './protocols.ts'
import { runs } from './runs.ts'

describe.each(SUBJECTS)('honest loss: $id', ({ id, protocol, faithful, dialects }) => {
  const all: Readonly<Record<string, typeof faithful>> = { faithful, ...dialects }

  test.each(Object.keys(all))(
    'a request encoded without a loss reads the same again (%s upstream)',
    (name) => {
      let told = 0
      let tried = 0
      fc.assert(
        fc.property(request, (asked) => {
          tried++
          if (keepsItsPromise(asked, all[name])) told++
        }),
        runs(250),
      )
      // The law would hold of an encoder that reports a loss for every request. Not many should need one.
      if (name === 'faithful') expect(told / tried).toBeGreaterThan(0.25)
    },
  )

  test.each(FEATURES.map((feature) => [feature]))(
    'what a request has of %s survives or is reported',
    (feature) => {
      fc.assert(
        fc.property(requestWith(new Set([feature])), (asked) => void keepsItsPromise(asked, faithful)),
        runs(40),
      )
    },
  )

  test.each(['request', 'turn', 'part', 'tool'] as const)('a foreign field of a %s is reported', (where) => {
    const foreign = id === 'gemini' ? 'chat' : 'gemini'
    const ext = { [foreign]: { novelty: 1 } }
    const asked: ModelRequest = {
      model: 'model',
      stream: false,
      turns: [
        {
          role: 'user',
          parts: [{ kind: 'text', text: 'hello', ...(where === 'part' && { ext }) }],
          ...(where === 'turn' && { ext }),
        },
      ],
      tools: [
        {
          kind: 'function',
          name: 'search',
          schema: { type: 'object', properties: {} },
          ...(where === 'tool' && { ext }),
        },
      ],
      ...(where === 'request' && { ext }),
    }
    const { body, dropped } = protocol.encodeRequest(asked, faithful)
    expect(dropped.filter((loss) => loss.reason === 'foreign-extension').map((loss) => loss.path)).toEqual([
      expect.stringMatching(/novelty$/),
    ])
    expect(JSON.stringify(body)).not.toContain('novelty')
  })

  test('an answer encoded without a loss reads the same again', () => {
    fc.assert(
      fc.property(response, (answer) => {
        const context = contextFor(false)
        const encoded = protocol.encodeResponse(answer, context)
        if (encoded.dropped.length > 0) return
        const again = protocol.decodeResponse(encoded.body, faithful)
        expect(normaliseResponse(again)).toEqual(normaliseResponse(answer))
      }),
      runs(250),
    )
  })

  /** True when nothing was dropped, so that the law said something. */
  function keepsItsPromise(asked: ModelRequest, dialect: typeof faithful): boolean {
    const encoded = unlessRefused(() => protocol.encodeRequest(asked, dialect))
    if (encoded === undefined || encoded.dropped.length > 0) return false
    expect(normaliseRequest(protocol.decodeRequest(encoded.body))).toEqual(normaliseRequest(asked))
    return true
  }
})
