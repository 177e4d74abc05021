import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wrapSeal } from '../ir/seal.ts'
import { sealerOf } from './sealed-by.ts'
import { sessionOf } from './session.ts'

describe('a session', () => {
  const user = (content: string) => ({ role: 'user', content })

  it.each(['x-claude-code-session-id', 'session-id', 'session_id', 'x-session-id', 'x-session-affinity'])(
    'is what %s says',
    (name) => {
      expect(sessionOf({ [name]: 's1' }, { prompt_cache_key: 'other' })).toBe('s1')
    },
  )

  it('is the prompt cache key, or in Claude Code’s user id, in its new and its old form', () => {
    expect(sessionOf({}, { prompt_cache_key: 'k1' })).toBe('k1')
    const userId = JSON.stringify({ device_id: 'd', account_uuid: '', session_id: 's2' })
    expect(sessionOf({}, { metadata: { user_id: userId } })).toBe('s2')
    expect(sessionOf({}, { metadata: { user_id: 'user_ab_account__session_s3' } })).toBe('s3')
  })

  it('stays the same from turn to turn, and differs between openings', () => {
    const system = 'You help.'
    const one = sessionOf({}, { system, messages: [user('Hi')] })
    const later = { system, messages: [user('Hi'), { role: 'assistant', content: 'Hello' }, user('Go on')] }
    expect(sessionOf({}, later)).toBe(one)
    expect(sessionOf({}, { system, messages: [user('Ho')] })).not.toBe(one)
    expect(sessionOf({}, { system: 'You judge.', messages: [user('Hi')] })).not.toBe(one)
  })

  it('is read from the openings of Chat and Responses as well', () => {
    const chat = { messages: [{ role: 'system', content: 's' }, user('Hi')] }
    expect(sessionOf({}, { messages: [...chat.messages, user('more')] })).toBe(sessionOf({}, chat))
    const responses = { instructions: 'i', input: [{ role: 'developer', content: 'd' }, user('Hi')] }
    expect(sessionOf({}, { ...responses, input: [...responses.input, user('more')] })).toBe(
      sessionOf({}, responses),
    )
    expect(sessionOf({}, { input: 'Hi' })).not.toBe(sessionOf({}, { input: 'Ho' }))
  })

  it('is nothing where there is nothing, and never a crash', () => {
    expect(sessionOf({}, {})).toBeUndefined()
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('messages', 'input', 'metadata', 'system'), fc.jsonValue()),
        (wire) => {
          sessionOf({}, wire)
        },
      ),
    )
  })
})

describe('the sealer', () => {
  const secret = 'secret'
  const seal = (issuer: string) => wrapSeal({ issuer, model: 'm', value: 'v' }, secret)
  const body = (...signatures: readonly string[]) =>
    Buffer.from(JSON.stringify({ messages: signatures.map((signature) => ({ signature })) }))

  it('is who sealed the latest envelope', () => {
    expect(sealerOf(body(seal('east'), seal('west')), secret)).toEqual({ provider: 'west', model: 'm' })
  })

  it('is nobody for forged, torn and foreign ones, and for none', () => {
    expect(sealerOf(body(wrapSeal({ issuer: 'x', model: 'm', value: 'v' }, 'other')), secret)).toBeUndefined()
    expect(sealerOf(body('dg1.x'), secret)).toBeUndefined()
    expect(sealerOf(body('bare'), secret)).toBeUndefined()
    expect(sealerOf(Buffer.from('{"a":"dg1.'), secret)).toBeUndefined()
  })
})
