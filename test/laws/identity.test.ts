import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CORPUS_ABSENT, corpusFolder, corpusRecords, hasSoundRequest } from '../support/corpus.ts'
import { request } from './arbitraries.ts'
import { unlessRefused } from './attempt.ts'
import { SUBJECTS } from './protocols.ts'
import { runs } from './runs.ts'
import { normaliseWire } from './wire-normalise.ts'

describe.each(SUBJECTS)('identity: $id', ({ id, protocol, faithful, dialects, corpus }) => {
  test.each(Object.entries({ faithful, ...dialects }))(
    'what was encoded once is encoded the same again (%s upstream)',
    (_, dialect) => {
      fc.assert(
        fc.property(request, (asked) => {
          const first = unlessRefused(() => protocol.encodeRequest(asked, dialect))
          if (first === undefined) return
          expect(protocol.encodeRequest(protocol.decodeRequest(first.body), dialect).body).toEqual(first.body)
        }),
        runs(150),
      )
    },
  )

  const same = normaliseWire[id]
  test.skipIf(corpusFolder() === undefined || same === undefined)(
    `recorded requests come out as they went in (${CORPUS_ABSENT} otherwise)`,
    () => {
      const records = corpusRecords(corpus).filter(hasSoundRequest)
      expect(records.length).toBeGreaterThan(0)
      for (const record of records) {
        const body = record.request_body!
        const encoded = unlessRefused(() => protocol.encodeRequest(protocol.decodeRequest(body), faithful))
        if (encoded === undefined || encoded.dropped.length > 0) continue
        expect({ id: record.id, body: same!(encoded.body) }).toEqual({ id: record.id, body: same!(body) })
      }
    },
  )
})
