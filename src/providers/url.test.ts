import { describe, expect, it } from 'vitest'
import { readUrl, under, withoutEnding } from './url.ts'

describe('an address of the config', () => {
  it.each([
    'https://api.example.com/v1',
    'http://localhost:8000/v1',
    'http://127.0.0.1:8000',
    'http://[::1]:8000',
    'http://vllm:8000/v1',
    'http://192.168.1.20:11434/v1',
    'http://172.16.0.1',
    'http://llm.svc.cluster.local',
    ' "https://api.example.com" ',
  ])('%s may be used', (text) => {
    expect(() => readUrl(text, 'f')).not.toThrow()
  })

  it.each(['http://api.example.com', 'http://172.32.0.1', 'http://8.8.8.8', 'ws://x', 'x', ''])(
    '%j may not',
    (text) => {
      expect(() => readUrl(text, 'providers.p.baseUrl')).toThrow(/providers\.p\.baseUrl/)
    },
  )
})

describe('paths', () => {
  it.each([
    ['https://a.test', '/v1/x', 'https://a.test/v1/x'],
    ['https://a.test/v1/', '/x', 'https://a.test/v1/x'],
    ['https://a.test/v1?k=1', '/x', 'https://a.test/v1/x?k=1'],
  ])('%s and %s make %s', (base, path, expected) => {
    expect(under(new URL(base), path)).toBe(expected)
  })

  it('lose the first ending that they have', () => {
    expect(withoutEnding(new URL('https://a.test/v1/messages/'), '/v1/messages', '/v1').href).toBe(
      'https://a.test/',
    )
    expect(withoutEnding(new URL('https://a.test/x/v1'), '/v1/messages', '/v1').href).toBe('https://a.test/x')
    expect(withoutEnding(new URL('https://a.test/x'), '/v1').href).toBe('https://a.test/x')
  })
})
