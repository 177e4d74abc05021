import { expect, it } from 'vitest'
import { counting } from './count-tokens.ts'

it('counts a whole request, which names its model once more', () => {
  const body = { contents: [{ role: 'user', parts: [{ text: 'hello' }] }], tools: [] }
  expect(counting.request(body, 'gemini-3-pro').body).toEqual({
    generateContentRequest: { model: 'models/gemini-3-pro', ...body },
  })
  expect(counting.request(body, 'models/gemini-3-pro').body).toMatchObject({
    generateContentRequest: { model: 'models/gemini-3-pro' },
  })
})

it('reads the count in either spelling', () => {
  expect(counting.read({ totalTokens: 31 })).toBe(31)
  expect(counting.read({ total_tokens: 31 })).toBe(31)
  expect(counting.read({})).toBeUndefined()
})
