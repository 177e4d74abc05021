import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../ir/json.ts'
import { responsesDialect } from './dialect.ts'
import type { ResponsesDialect } from './dialect.ts'
import { patchRequest } from './patch-request.ts'

const patch = (wire: JsonObject, dialect: Partial<ResponsesDialect> = {}) =>
  patchRequest({ model: 'm', input: 'x', ...wire }, { ...responsesDialect, ...dialect })

describe('a request of this very protocol', () => {
  it('is not touched when there is nothing to mend', () => {
    const wire = {
      tools: [{ type: 'function', name: 'f', description: 'does f' }],
      input: [
        { type: 'reasoning', summary: [], encrypted_content: null },
        { role: 'user', content: 'a' },
      ],
      reasoning: { effort: 'high', summary: 'auto' },
      max_output_tokens: 100,
    }
    expect(patch(wire)).toBeUndefined()
  })

  it('loses descriptions that say nothing where they are refused, in namespaces and items too', () => {
    const silent = { type: 'function', name: 'f', description: '' }
    const { body } = patch(
      {
        tools: [silent, { type: 'namespace', name: 'n', description: '', tools: [silent] }],
        input: [{ type: 'additional_tools', role: 'developer', tools: [silent] }],
      },
      { emptyDescriptions: false },
    )!
    const mended = { type: 'function', name: 'f' }
    expect(patch({ tools: [silent] })).toBeUndefined()
    expect(body['tools']).toEqual([
      mended,
      { type: 'namespace', name: 'n', description: 'Tools of n.', tools: [mended] },
    ])
    expect(body['input']).toMatchObject([{ tools: [mended] }])
  })

  it('loses the null content of reasoning that Codex sends back', () => {
    const item = { type: 'reasoning', summary: [], encrypted_content: 'secret' }
    const user = { role: 'user', content: 'a' }
    const { body, dropped } = patch({ input: [{ ...item, content: null }, user] })!
    expect(body['input']).toEqual([item, user])
    expect(dropped).toEqual([])
  })

  it.each([
    ['ultra', 'xhigh'],
    ['max', 'xhigh'],
    ['minimal', 'low'],
  ])('gets the nearest effort for %s', (effort, expected) => {
    const result = patch({ reasoning: { effort } }, { efforts: ['low', 'medium', 'high', 'xhigh'] })
    expect(result?.body['reasoning']).toEqual({ effort: expected })
    expect(result?.dropped).toMatchObject([{ path: 'reasoning.effort', reason: 'approximated' }])
  })

  it('loses the wish to reason where the model does not', () => {
    expect(patch({ reasoning: { effort: 'high', summary: 'auto' } }, { efforts: [] })?.body).toEqual({
      model: 'm',
      input: 'x',
    })
  })

  it('loses sampling that the model refuses', () => {
    const wire = { temperature: 0, top_p: 0.5 }
    expect(patch(wire, { sampling: 'none' })?.body).toEqual({ model: 'm', input: 'x' })
    const off = { ...wire, reasoning: { effort: 'none' } }
    expect(patch(off, { sampling: 'with-effort-none' })).toBeUndefined()
  })

  it('keeps its limit within bounds', () => {
    expect(patch({ max_output_tokens: 9 })?.body['max_output_tokens']).toBe(16)
    expect(patch({ max_output_tokens: 99 }, { maxOutputTokens: 50 })?.body['max_output_tokens']).toBe(50)
  })

  it('loses fields that the upstream refuses, and says so unless they were null', () => {
    const wire = { client_metadata: { a: 1 }, service_tier: null }
    const result = patch(wire, { refusedFields: ['client_metadata'], serviceTier: false })
    expect(result?.body).toEqual({ model: 'm', input: 'x' })
    expect(result?.dropped.map(({ path }) => path)).toEqual(['client_metadata'])
  })

  it('names its roles and its user as the upstream does', () => {
    const result = patch(
      { input: [{ role: 'developer', content: 'a' }], safety_identifier: 'u' },
      { systemRole: 'system', userField: 'user' },
    )
    expect(result?.body).toEqual({ model: 'm', input: [{ role: 'system', content: 'a' }], user: 'u' })
  })
})
