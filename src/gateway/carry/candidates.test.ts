import { describe, expect, test } from 'vitest'
import { provider } from '../../../test/support/provider.ts'
import type { RequestFacts } from '../../routing/condition.ts'
import { candidates, hasOnePlace, type Wish } from './candidates.ts'

const azure = provider('azure-openai', { name: 'azure', endpoint: 'acme' })
const dated = provider('azure-openai', { name: 'dated', endpoint: 'acme', apiVersion: '2024-10-21' })
const openai = provider('openai', { name: 'openai' })
const claude = provider('anthropic', { name: 'claude' })

const settings = {
  rules: [
    {
      pattern: 'embed',
      steps: [
        { targets: [{ provider: 'azure', model: 'e1' }] },
        { targets: [{ provider: 'openai', model: 'e2' }] },
      ],
    },
    {
      pattern: 'mixed',
      steps: [
        { targets: [{ provider: 'claude', model: 'c' }] },
        { targets: [{ provider: 'openai', model: 'o' }] },
      ],
    },
    { pattern: 'claude-*', steps: [{ targets: [{ provider: 'claude', model: 'c' }] }] },
  ],
  providers: new Map([azure, dated, openai, claude].map((each) => [each.name, each])),
}
const facts: RequestFacts = {
  inputTokens: 0,
  thinking: false,
  images: false,
  tools: false,
  requestClass: undefined,
  agent: false,
  agentType: undefined,
  session: 's',
  sealedBy: undefined,
  midTurn: false,
}
const names = (wish: Partial<Wish>, given = settings) =>
  candidates(
    {
      operation: 'embeddings',
      route: 'POST /v1/embeddings',
      model: undefined,
      pinned: undefined,
      owner: undefined,
      ...wish,
    },
    given,
    facts,
  ).map(({ name }) => name)

describe('where a request may be carried', () => {
  test('its model goes through the rules', () => {
    expect(names({ model: 'embed' })).toEqual(['azure/e1', 'openai/e2'])
    expect(names({ model: 'azure/direct' })).toEqual(['azure/direct'])
    expect(() => names({ model: 'nobody' })).toThrow(/not configured/)
  })

  test('targets without the operation are passed over', () => {
    expect(names({ model: 'mixed' })).toEqual(['openai/o'])
    expect(() => names({ model: 'claude-x' })).toThrow(/claude\/c does not have POST \/v1\/embeddings/)
  })

  test('without a model every provider that has it is asked, in the config’s order', () => {
    expect(names({ operation: 'files' })).toEqual(['azure', 'dated', 'openai'])
    expect(names({ operation: 'moderation' })).toEqual(['openai'])
    expect(names({ operation: 'files', owner: 'openai' })).toEqual(['openai'])
    expect(names({ operation: 'files', owner: 'gone' })).toHaveLength(3)
  })

  test('the client’s pin beats everything', () => {
    expect(names({ operation: 'files', pinned: 'dated', owner: 'openai' })).toEqual(['dated'])
    expect(names({ model: 'embed', pinned: 'openai' })).toEqual(['openai/e2'])
    expect(names({ model: 'unknown', pinned: 'openai' })).toEqual(['openai/unknown'])
    expect(names({ model: 'embed', pinned: 'azure/my/own' })).toEqual(['azure/my/own'])
    expect(() => names({ pinned: 'nobody' })).toThrow(/azure, dated, openai, claude/)
    expect(() => names({ operation: 'moderation', pinned: 'azure' })).toThrow(/openai does/)
  })

  test('what nobody has is not supported', () => {
    const given = { ...settings, providers: new Map([['claude', claude]]) }
    expect(() => names({ operation: 'files' }, given)).toThrow(
      expect.objectContaining({ code: 'not-supported', status: 501 }),
    )
  })
})

test('a form needs no model to find the only place, unless the address needs it', () => {
  const only = (...providers: (typeof azure)[]) => ({
    rules: [],
    providers: new Map(providers.map((each) => [each.name, each])),
  })
  expect(hasOnePlace('transcription', undefined, only(azure, claude))).toBe(true)
  expect(hasOnePlace('transcription', undefined, only(dated))).toBe(false)
  expect(hasOnePlace('files', undefined, only(dated))).toBe(true)
  expect(hasOnePlace('transcription', undefined, settings)).toBe(false)
  expect(hasOnePlace('transcription', 'openai', settings)).toBe(true)
  expect(hasOnePlace('transcription', 'dated/whisper', settings)).toBe(true)
})
