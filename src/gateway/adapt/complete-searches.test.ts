import { describe, expect, it } from 'vitest'
import { Losses } from '../../ir/dropped.ts'
import type { ModelEvent } from '../../ir/event.ts'
import type { ServerToolPart } from '../../ir/part.ts'
import type { ModelRequest } from '../../ir/request.ts'
import { run } from '../../stream/sink.ts'
import { completeSearches } from './complete-searches.ts'

const request: ModelRequest = {
  model: 'm',
  stream: true,
  turns: [{ role: 'user', parts: [{ kind: 'text', text: 'Perform a web search for the query: tides' }] }],
  tools: [{ kind: 'web-search', name: 'web_search', origin: 'messages', value: {} }],
}
const search = (said: Partial<ServerToolPart>): ServerToolPart => ({
  kind: 'server-tool',
  tool: 'web-search',
  phase: 'call',
  id: 'a',
  name: 'web_search',
  origin: 'responses',
  value: {},
  ...said,
})
const page = { url: 'https://a.test', title: 'A' }
const cite: ModelEvent = { type: 'annotation', at: 5, citation: { kind: 'web', ...page } }
const end: ModelEvent = { type: 'response-end', finish: { reason: 'stop' } }
const part = (at: number, said: Partial<ServerToolPart>): ModelEvent => ({
  type: 'part',
  at,
  part: search(said),
})

/** What the events say of searches. */
function told(events: readonly ModelEvent[], from = request) {
  const { restore } = completeSearches('responses')(from, new Losses())
  const out = restore === undefined ? events : run(restore, events)
  return out.flatMap((event) =>
    event.type === 'part' && event.part.kind === 'server-tool'
      ? [{ at: event.at, phase: event.part.phase, id: event.part.id, found: event.part.found }]
      : [],
  )
}

describe('the completion of searches', () => {
  it('tells what was cited as the result of a call that has none', () => {
    expect(told([part(0, {}), cite, end])).toEqual([
      { at: 0, phase: 'call', id: 'a', found: undefined },
      { at: 6, phase: 'result', id: 'a', found: [page] },
    ])
  })

  it('tells it with the last of several calls, and of the others that nothing is known', () => {
    expect(told([part(0, {}), part(1, { id: 'b' }), cite, cite, end]).slice(2)).toEqual([
      { at: 6, phase: 'result', id: 'a', found: [] },
      { at: 7, phase: 'result', id: 'b', found: [page] },
    ])
  })

  it('leaves a search alone that has its result, or failed', () => {
    const whole = [part(0, {}), part(1, { phase: 'result', found: [page] }), cite, end]
    expect(told(whole)).toHaveLength(2)
    expect(told([part(0, {}), part(1, { phase: 'result', error: 'failed' }), end])).toHaveLength(2)
  })

  it('holds back a result that tells nothing until something is told', () => {
    const events = [
      part(0, {}),
      part(1, { phase: 'result' }),
      part(7, { phase: 'result', found: [page] }),
      end,
    ]
    expect(told(events).map(({ at }) => at)).toEqual([0, 7])
  })

  it('waits with addresses that have no titles for the citations, and puts them in their place', () => {
    const pages = [
      { ...page, title: '' },
      { url: 'https://b.test', title: '' },
    ]
    const events = [part(0, {}), part(1, { phase: 'result', found: pages }), cite, end]
    expect(told(events)).toEqual([
      { at: 0, phase: 'call', id: 'a', found: undefined },
      { at: 1, phase: 'result', id: 'a', found: [page, pages[1]] },
    ])
  })

  it('makes up the call where there are only citations, and nothing where there are none', () => {
    expect(told([cite, end]).map(({ phase, found }) => [phase, found])).toEqual([
      ['call', undefined],
      ['result', [page]],
    ])
    expect(told([end])).toEqual([])
  })

  it('does nothing for a request that asked for no search', () => {
    expect(told([part(0, {}), cite, end], { ...request, tools: [] })).toHaveLength(1)
  })

  it('says nothing more about an answer that broke off', () => {
    expect(told([part(0, {}), cite])).toHaveLength(1)
  })
})
