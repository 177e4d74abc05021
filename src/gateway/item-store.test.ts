import { describe, expect, it } from 'vitest'
import { ItemStore, type KeptEntries } from './item-store.ts'

const LIMITS = { entries: 50, bytes: 100_000 }
const ann = (id: string) => ({ scope: 'ann', id })

function named(store: ItemStore, id: string, ...items: readonly string[]): void {
  store.name(ann(id), store.keep(items))
}

describe('the store of items', () => {
  it('gives back what an id stands for', () => {
    const store = new ItemStore(LIMITS)
    named(store, 'msg_1', '{"a":1}')
    named(store, 'resp_1', '{"q":1}', '{"a":1}')
    named(store, 'resp_0')
    expect(store.recall(ann('msg_1'))).toEqual(['{"a":1}'])
    expect(store.recall(ann('resp_1'))).toEqual(['{"q":1}', '{"a":1}'])
    expect(store.recall(ann('resp_0'))).toEqual([])
    expect(store.recall(ann('msg_2'))).toBeUndefined()
  })

  it('gives nothing to a client that was not told of it', () => {
    const store = new ItemStore(LIMITS)
    named(store, 'msg_1', '{"a":1}')
    expect(store.recall({ scope: 'bob', id: 'msg_1' })).toBeUndefined()
    // The digest of an item is no id of it either.
    const [digest = ''] = store.keep(['{"a":1}'])
    expect(store.recall(ann(digest))).toBeUndefined()
  })

  it('forgets what was used longest ago when there are too many entries', () => {
    const store = new ItemStore({ ...LIMITS, entries: 4 })
    named(store, 'msg_1', '1')
    named(store, 'msg_2', '2')
    expect(store.recall(ann('msg_1'))).toEqual(['1'])
    named(store, 'msg_3', '3')
    expect(store.recall(ann('msg_2'))).toBeUndefined()
    expect(store.recall(ann('msg_1'))).toEqual(['1'])
    expect(store.recall(ann('msg_3'))).toEqual(['3'])
  })

  it('forgets when there are too many bytes, and counts them as UTF-8', () => {
    const store = new ItemStore({ entries: 50, bytes: 8000 })
    for (const id of ['1', '2', '3', '4', '5', '6', '7', '8', '9'])
      named(store, id, JSON.stringify(id + 'ü'.repeat(450)))
    expect(store.recall(ann('1'))).toBeUndefined()
    expect(store.recall(ann('9'))).toHaveLength(1)
    const bytes = store.news().flatMap(({ entries }) => entries.map(([, text]) => Buffer.byteLength(text)))
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(8000)
  })

  it('does not keep an item that would push much else out, nor what holds it', () => {
    const told: KeptEntries[] = []
    const store = new ItemStore({ entries: 50, bytes: 8000 }, (kept) => void told.push(kept))
    named(store, 'msg_1', '1')
    named(store, 'resp_1', '1', 'x'.repeat(2000))
    expect(store.recall(ann('msg_1'))).toEqual(['1'])
    expect(JSON.stringify(told)).not.toContain('xxx')
    expect(store.recall(ann('resp_1'))).toBeUndefined()
  })

  it('keeps once what comes again with every turn, and tells it once', () => {
    const told: KeptEntries[] = []
    const store = new ItemStore({ ...LIMITS, entries: 50 }, (kept) => void told.push(kept))
    const items = Array.from({ length: 20 }, (_, index) => `{"turn":${index}}`)
    named(store, 'resp_1', ...items)
    named(store, 'resp_2', ...items, '{"turn":20}')
    expect(told.flatMap(({ entries }) => entries)).toHaveLength(20 + 1 + 1 + 1)
    const late = new ItemStore(LIMITS)
    for (const news of structuredClone(store.news())) late.hear(news)
    expect(late.recall(ann('resp_2'))).toHaveLength(21)
  })
})
