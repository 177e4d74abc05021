import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ModelRequest } from '../../src/ir/request.ts'
import { request, requestWith, response } from './arbitraries.ts'
import { unlessRefused } from './attempt.ts'
import { normaliseRequest, normaliseResponse } from './normalise.ts'
import { contextFor } from './context.ts'
import { FEATURES } from './part-arbitraries.ts'
import { SUBJECTS } from './protocols.ts'
import { runs } from './runs.ts'

describe.each(SUBJECTS)('honest loss: $id', ({ id, protocol, faithful, dialects, carries }) => {
  const all: Readonly<Record<string, typeof faithful>> = { faithful, ...dialects }

  test.each(Object.keys(all))(
    'a request encoded without a loss reads the same again (%s upstream)',
    (name) => {
      let told = 0
      let tried = 0
      fc.assert(
        fc.property(request, (asked) => {
          const { before, after } = readAgain(asked, all[name])
          tried++
          if (after !== undefined) told++
          expect(after ?? before).toEqual(before)
        }),
        runs(250),
      )
      // The law would hold of an encoder that reports a loss for every request.
      expect(told / tried).toBeGreaterThan(name === 'faithful' ? (carries ?? 0.25) : 0)
    },
  )

  test.each(FEATURES.map((feature) => [feature]))(
    'what a request has of %s survives or is reported',
    (feature) => {
      fc.assert(
        fc.property(requestWith(new Set([feature])), (asked) => {
          const { before, after } = readAgain(asked, faithful)
          expect(after ?? before).toEqual(before)
        }),
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

  /** What was asked, and what an upstream reads of it; nothing where a loss was reported or the request refused. */
  function readAgain(asked: ModelRequest, dialect: typeof faithful): { before: unknown; after?: unknown } {
    const before = normaliseRequest(asked)
    const encoded = unlessRefused(() => protocol.encodeRequest(asked, dialect))
    if (encoded === undefined || encoded.dropped.length > 0) return { before }
    return { before, after: normaliseRequest(protocol.decodeRequest(encoded.body)) }
  }
})
