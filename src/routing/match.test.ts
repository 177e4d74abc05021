import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchesPattern, matchingRules, matchRule, nameForms } from './match.ts'

const rule = (pattern: string) => ({ pattern, steps: [{ targets: [{ provider: 'p', model: pattern }] }] })

describe('names', () => {
  it('are looked up as given, lower-cased, without [1m] and without a date', () => {
    expect(nameForms('Claude-Opus-4-5-20250929[1m]')).toEqual([
      'Claude-Opus-4-5-20250929[1m]',
      'claude-opus-4-5-20250929[1m]',
      'claude-opus-4-5-20250929',
      'claude-opus-4-5',
    ])
    expect(nameForms('gpt-5-2025-10-06')).toEqual(['gpt-5-2025-10-06', 'gpt-5'])
  })

  it('match a glob in any place', () => {
    expect(matchesPattern('claude-haiku-4-5', '*haiku*')).toBe(true)
    expect(matchesPattern('claude-opus-4-5', 'claude-*-4-5')).toBe(true)
    expect(matchesPattern('anything', '*')).toBe(true)
    expect(matchesPattern('ab', 'ab*b')).toBe(false)
    expect(matchesPattern('gpt-5', 'gpt-')).toBe(false)
  })

  it('match every pattern that is made of the name by replacing a run with *', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.nat(), (name, a, b) => {
        const [from, to] = [a % (name.length + 1), b % (name.length + 1)].toSorted((x, y) => x - y)
        const pattern = `${name.slice(0, from)}*${name.slice(to)}`
        expect(matchesPattern(name, pattern)).toBe(true)
      }),
    )
  })

  it('take the first rule that fits', () => {
    const rules = [rule('claude-opus-*'), rule('claude-*'), rule('*')]
    expect(matchRule('claude-opus-5-5', rules)?.pattern).toBe('claude-opus-*')
    expect(matchRule('claude-sonnet-5', rules)?.pattern).toBe('claude-*')
    expect(matchRule('o3', rules)?.pattern).toBe('*')
  })

  it('take an earlier rule that fits without the date before a later one that fits with it', () => {
    expect(matchRule('GPT-5-2025-10-06', [rule('gpt-5'), rule('*')])?.pattern).toBe('gpt-5')
  })

  it('go on to the later rules that fit, those that write the name in full first', () => {
    const rules = [rule('claude-*'), rule('other'), rule('claude-opus-5'), rule('*')]
    expect(matchingRules('Claude-Opus-5', rules).map(({ pattern }) => pattern)).toEqual([
      'claude-opus-5',
      'claude-*',
      '*',
    ])
  })

  it('reach a rule written without the date or in lower case', () => {
    expect(matchRule('GPT-5-2025-10-06', [rule('gpt-5')])?.pattern).toBe('gpt-5')
  })
})
