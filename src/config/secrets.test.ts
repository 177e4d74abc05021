import { describe, expect, it, test } from 'vitest'
import { isPlaceholder, keptSecret, maskSettings } from './secrets.ts'

test.each([
  'your-api-key',
  'your_api_key_here',
  'your-openai-key',
  'YOUR-API-KEY-1',
  'sk-...',
  'sk-xxx',
  'sk-xxxxxxxx',
  'sk-your-key',
  '<key>',
  '<your key>',
  'changeme',
  'change-me',
  'replace_me',
  'xxx',
  '...',
  'insert-token-here',
  'api-key-here',
  'placeholder',
])('%s is a placeholder', (key) => {
  expect(isPlaceholder(key)).toBe(true)
})

test.each([
  'sk-proj-4fG9aX',
  'azure-key-1',
  'dummy',
  'ollama',
  'none',
  '1234',
  'e3b0c44298fc1c149afbf4c8996fb924',
])('%s may be a key', (key) => {
  expect(isPlaceholder(key)).toBe(false)
})

it('settings are shown with every secret masked', () => {
  const secret = 'abcdefghijklmnopqrstuvwxyz'
  const shown = JSON.stringify(
    maskSettings({
      secret,
      auth: { keys: [secret, { name: 'team', key: secret }] },
      providers: {
        o: {
          apiKey: secret,
          baseUrl: `https://host/v1?api-key=${secret}`,
          headers: { 'x-api-token': secret, 'x-other': `Bearer ${secret}`, 'x-plain': 'red' },
        },
        c: { apiKey: 'client' },
      },
    }),
  )
  expect(shown).not.toContain(secret)
  expect(shown).not.toContain(secret.slice(4, 20))
  expect(JSON.parse(shown)).toMatchObject({
    auth: { keys: ['abcd…yz', { name: 'team', key: 'abcd…yz' }] },
    providers: { o: { headers: { 'x-plain': 'red' } }, c: { apiKey: 'client' } },
  })
})

function folder(kept?: string, race?: string) {
  let content = kept
  let made = 0
  return {
    read: () => content,
    random: () => `random-${(made += 1)}`,
    create(_: string, text: string) {
      if (race !== undefined) content = race
      if (content !== undefined) return false
      content = text
      return true
    },
  }
}

describe('the kept secret', () => {
  it('is made once', () => {
    const store = folder()
    expect(keptSecret('/s', store)).toBe('random-1')
    expect(keptSecret('/s', store)).toBe('random-1')
  })

  it('is that of whoever came first', () => {
    expect(keptSecret('/s', folder(undefined, 'theirs\n'))).toBe('theirs')
  })

  it('is never empty', () => {
    expect(() => keptSecret('/s', folder(' '))).toThrow('/s is empty')
  })
})
