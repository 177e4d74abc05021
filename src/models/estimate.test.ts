import { describe, expect, it } from 'vitest'
import { estimateTokens, textTokens } from './estimate.ts'
import { tokenRatesOf } from './token-rates.ts'

const empty = { model: 'm', stream: false, turns: [], tools: [] }

describe('the token estimate', () => {
  it('is near what tokenizers say of prose, code and ideographs', () => {
    // o200k counts 10, 15 and 6 for these.
    expect(textTokens('The quick brown fox jumps over the lazy dog.')).toBeGreaterThanOrEqual(9)
    expect(textTokens('The quick brown fox jumps over the lazy dog.')).toBeLessThanOrEqual(13)
    expect(textTokens('for (let i = 0; i < n; i++) sum += i')).toBeLessThanOrEqual(22)
    expect(textTokens('你好，世界！')).toBe(6)
  })

  it('counts tools, tool blocks, images and documents, not their base64 text', () => {
    const image = {
      kind: 'media',
      media: 'image',
      source: { type: 'base64', mimeType: 'image/png', data: 'A'.repeat(900_000) },
    } as const
    const turn = (parts: readonly object[]) => ({
      ...empty,
      turns: [{ role: 'user' as const, parts: parts as never }],
    })
    expect(estimateTokens(turn([image]))).toBeLessThan(2_000)
    expect(estimateTokens(turn([image]))).toBeGreaterThan(500)
    const result = {
      kind: 'tool-result',
      callId: 'a',
      content: [{ kind: 'text', text: 'word '.repeat(100) }],
    }
    expect(estimateTokens(turn([result]))).toBeGreaterThan(100)
    const tool = {
      kind: 'function',
      name: 'read',
      description: 'word '.repeat(50),
      schema: { type: 'object' },
    } as const
    expect(estimateTokens({ ...empty, tools: [tool] })).toBeGreaterThan(50)
    expect(estimateTokens({ ...empty, tools: [tool] }, tokenRatesOf('claude-sonnet-4-5'))).toBeGreaterThan(
      350,
    )
  })

  it('does not read seals and files within blocks as words', () => {
    const part = {
      kind: 'server-tool',
      phase: 'result',
      tool: 'web-search',
      id: 'a',
      name: 'web_search',
      origin: 'messages',
      value: { content: [{ type: 'web_search_result', encrypted_content: 'aB3/'.repeat(1500) }] },
    } as const
    const estimated = estimateTokens({ ...empty, turns: [{ role: 'assistant', parts: [part] }] })
    expect(estimated).toBeLessThan(1_200)
    expect(estimated).toBeGreaterThan(900)
  })

  it('takes a file of many megabytes within a block', () => {
    const value = { content: 'x'.repeat(16 * 1024 * 1024) }
    const part = { kind: 'opaque', origin: 'messages', value } as const
    expect(estimateTokens({ ...empty, turns: [{ role: 'user', parts: [part] }] })).toBeGreaterThan(1_000)
  })

  it('takes any input in one pass', () => {
    expect(textTokens('a'.repeat(100_000))).toBe(20_000)
  })
})
