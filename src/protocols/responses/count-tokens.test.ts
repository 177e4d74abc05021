import { expect, it } from 'vitest'
import { counting } from './count-tokens.ts'

it('counts what the model reads, and leaves out what only an answer needs', () => {
  const counted = { model: 'm', input: 'hello', instructions: 'i', tools: [], reasoning: { effort: 'low' } }
  const body = {
    ...counted,
    stream: true,
    store: false,
    include: [],
    max_output_tokens: 5,
    prompt_cache_key: 'k',
  }
  expect(counting.request(body, 'm')).toEqual({ body: counted, dropped: [] })
})

it('reads no count from an answer that holds none', () => {
  expect(counting.read({ object: 'response.input_tokens', input_tokens: 7 })).toBe(7)
  expect(counting.read({ input_tokens: 'many' })).toBeUndefined()
})
