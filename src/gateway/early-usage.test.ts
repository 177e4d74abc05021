import { describe, expect, it } from 'vitest'
import type { ModelEvent } from '../ir/event.ts'
import { run } from '../stream/sink.ts'
import { estimateEarly } from './early-usage.ts'

const start: ModelEvent = { type: 'response-start', id: 'a', model: 'm' }
const text: ModelEvent = { type: 'text-start', at: 0 }
const usage: ModelEvent = { type: 'usage', usage: { uncached: 7, output: 1 } }
const estimated: ModelEvent = { type: 'usage', usage: { uncached: 100, output: 0, estimated: true } }

describe('an estimate of the prompt', () => {
  it('comes before the first content where the upstream has not counted by then', () => {
    expect(
      run(
        estimateEarly(() => 100),
        [start, { type: 'ping' }, text, usage],
      ),
    ).toEqual([start, { type: 'ping' }, estimated, text, usage])
  })

  it('is not made where the upstream counts at once, or fails', () => {
    const unasked = estimateEarly(() => {
      throw new Error('asked')
    })
    expect(run(unasked, [start, usage, text])).toEqual([start, usage, text])
  })
})
