import { describe, expect, it } from 'vitest'
import { GatewayError } from '../errors.ts'
import type { ModelEvent } from './event.ts'
import { Fold, fold, unfold } from './fold.ts'
import type { ModelResponse } from './response.ts'

const response: ModelResponse = {
  id: 'r1',
  model: 'm',
  created: 7,
  parts: [
    { kind: 'reasoning', text: 'hm', seal: { value: 's' } },
    { kind: 'reasoning', text: '', redacted: true, seal: { value: 'r' } },
    { kind: 'text', text: 'hello', citations: [{ kind: 'web', url: 'https://a.example' }] },
    { kind: 'tool-call', id: 'c1', name: 'Bash', input: '{"command":"ls"}' },
    { kind: 'tool-call', id: 'c2', name: 'apply_patch', input: '*** Begin', custom: true, namespace: 'ns' },
    { kind: 'refusal', text: 'no' },
    { kind: 'media', media: 'image', source: { type: 'base64', mimeType: 'image/png', data: 'AAAA' } },
  ],
  finish: { reason: 'tool-calls', raw: 'tool_use' },
  usage: { uncached: 3, cacheRead: 2, output: 5 },
  ext: { chat: { system_fingerprint: 'fp' } },
}

describe('folding', () => {
  it('undoes unfolding', () => {
    expect(fold(unfold(response))).toEqual(response)
  })

  it('keeps parts in their order when they stream interleaved', () => {
    const events: ModelEvent[] = [
      { type: 'tool-call-start', at: 1, id: 'b', name: 'two' },
      { type: 'tool-call-start', at: 0, id: 'a', name: 'one' },
      { type: 'tool-call-delta', at: 1, input: '{"x"' },
      { type: 'tool-call-delta', at: 0, input: '{}' },
      { type: 'tool-call-delta', at: 1, input: ':1}' },
    ]
    expect(fold(events).parts).toMatchObject([
      { id: 'a', input: '{}' },
      { id: 'b', input: '{"x":1}' },
    ])
  })

  it('merges usage field by field', () => {
    const usage = (fields: object) => ({ type: 'usage', usage: fields }) as ModelEvent
    expect(
      fold([usage({ uncached: 10, output: 1 }), usage({ uncached: 10, output: 9, cacheRead: 4 })]).usage,
    ).toEqual({
      uncached: 10,
      output: 9,
      cacheRead: 4,
    })
  })

  it('tells a whole answer from a torn one and keeps its error', () => {
    const torn = new Fold()
    torn.push({ type: 'text-start', at: 0 })
    expect(torn.complete).toBe(false)
    const error = new GatewayError('upstream-broken', 'gone')
    torn.push({ type: 'error', error })
    expect(torn.error).toBe(error)
  })

  it('ignores deltas for parts that never began', () => {
    expect(fold([{ type: 'text-delta', at: 9, text: 'x' }]).parts).toEqual([])
  })
})
