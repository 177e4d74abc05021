import { describe, expect, it } from 'vitest'
import type { FetchMedia } from '../upstream/fetch-media.ts'
import { rememberMedia } from './media-cache.ts'

function setUp(limits?: { size: number; ttlMs: number }) {
  const fetched: string[] = []
  let now = 0
  const fetch: FetchMedia = async ({ url }) => {
    fetched.push(url)
    return { mimeType: 'image/png', data: `${url}${fetched.length}`.padEnd(8, '=') }
  }
  const remembered = rememberMedia(fetch, { now: () => now }, limits)
  const get = (url: string, onBytes?: (bytes: number) => void) =>
    remembered({
      url,
      path: 'messages[0]',
      signal: new AbortController().signal,
      ...(onBytes && { onBytes }),
    })
  return { fetched, get, advance: (ms: number) => (now += ms) }
}

describe('fetched media', () => {
  it('stay the same for ten minutes', async () => {
    const { fetched, get, advance } = setUp()
    const first = await get('a')
    advance(599_999)
    expect(await get('a')).toBe(first)
    advance(1)
    expect(await get('a')).not.toEqual(first)
    expect(fetched).toEqual(['a', 'a'])
  })

  it('are the same for two who fetch at once', async () => {
    const { get } = setUp()
    const [one, other] = await Promise.all([get('a'), get('a')])
    expect(one).toBe(other)
  })

  it('count as bytes where they come from memory', async () => {
    const { get } = setUp()
    await get('aaaaaaa')
    const counted: number[] = []
    await get('aaaaaaa', (bytes) => counted.push(bytes))
    expect(counted).toEqual([6])
  })

  it('make room, the oldest first', async () => {
    const { fetched, get } = setUp({ size: 20, ttlMs: 1000 })
    for (const url of ['a', 'b', 'c', 'b', 'a']) await get(url)
    expect(fetched).toEqual(['a', 'b', 'c', 'a'])
  })

  it('are not kept when they alone are too large, and push nothing out', async () => {
    const { fetched, get } = setUp({ size: 10, ttlMs: 1000 })
    for (const url of ['a', 'long-enough', 'a', 'long-enough']) await get(url)
    expect(fetched).toEqual(['a', 'long-enough', 'long-enough'])
  })
})
