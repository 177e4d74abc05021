import { describe, expect, it } from 'vitest'
import { chatDialect } from '../protocols/chat/dialect.ts'
import { messagesDialect } from '../protocols/messages/dialect.ts'
import { chatFacts, dialectFor, dialectOf, messagesFacts } from './dialect.ts'
import { profileOf } from './index.ts'

describe('facts as dialect fields', () => {
  it('say for Messages what the model takes', () => {
    expect(messagesFacts(profileOf('claude-opus-4-6'))).toMatchObject({
      thinking: ['adaptive', 'enabled', 'disabled'],
      efforts: ['low', 'medium', 'high', 'max'],
      sampling: 'temperature-or-top-p',
      prefill: false,
      maxOutputTokens: 128_000,
      defaultMaxTokens: 128_000,
    })
  })

  it('say for Chat which name the output limit has and that o3 takes no stop sequences', () => {
    expect(chatFacts(profileOf('o3'))).toMatchObject({ maxTokensField: 'max_completion_tokens', maxStops: 0 })
  })

  it('are absent where the profile is silent', () => {
    expect(chatFacts(profileOf('assistant-prod'))).toEqual({ efforts: [] })
  })
})

/** The Chat dialect of a model without schemas that wants its reasoning back, at some host. */
function of(host: object) {
  return dialectFor('chat', chatDialect, { chat: { ...host } }, profileOf('deepseek-v4-pro'))
}

describe('a dialect', () => {
  const claude = profileOf('claude-opus-4-8')

  it('is the protocol default where nobody departs', () => {
    expect(dialectFor('chat', chatDialect, {}, { family: 'unknown' })).toEqual(chatDialect)
  })

  it('takes the host over the default, the model over the host, the config over all', () => {
    const host = { chat: { maxTokensField: 'max_tokens', systemRole: 'system' } } as const
    const configured = (config: object) =>
      dialectFor('chat', chatDialect, host, profileOf('gpt-5.1'), { chat: { ...config } })
    expect(configured({})).toMatchObject({ maxTokensField: 'max_completion_tokens', systemRole: 'system' })
    expect(configured({ maxTokensField: 'max_tokens' })).toMatchObject({ maxTokensField: 'max_tokens' })
  })

  it('lets the model raise what the default leaves out', () => {
    expect(dialectFor('messages', messagesDialect, {}, claude).midConversationSystem).toBe(true)
  })

  it('keeps what the host refuses, whatever the model can do elsewhere', () => {
    const host = {
      messages: { midConversationSystem: false, maxOutputTokens: 64_000, efforts: ['low', 'high'] },
    }
    expect(dialectFor('messages', messagesDialect, host, claude)).toMatchObject({
      midConversationSystem: false,
      maxOutputTokens: 64_000,
      efforts: ['low', 'high'],
    })
  })

  it('takes the lesser of two choices', () => {
    expect(of({}).structuredOutput).toBe('json-object')
    expect(of({ structuredOutput: 'none' }).structuredOutput).toBe('none')
    expect(of({ structuredOutput: 'schema' }).structuredOutput).toBe('json-object')
    expect(of({ reasoningHistory: 'never' }).reasoningHistory).toBe('never')
    expect(of({}).reasoningHistory).toBe('tool-turns')
  })

  it('lets the config allow what the host is said to refuse', () => {
    const host = { messages: { midConversationSystem: false } }
    const config = { messages: { midConversationSystem: true } }
    expect(dialectFor('messages', messagesDialect, host, claude, config).midConversationSystem).toBe(true)
  })

  it('ignores fields that the protocol does not have', () => {
    expect(
      dialectFor('messages', messagesDialect, { messages: { verbosity: false } }, claude),
    ).not.toHaveProperty('verbosity')
  })

  it('exists for protocols without a dialect of their own here', () => {
    expect(dialectOf('responses', {}, profileOf('o3'))).toMatchObject({ maxStops: 0 })
    expect(dialectOf('gemini', {}, profileOf('gemini-4-pro'))).toMatchObject({ maxOutputTokens: 65_536 })
  })
})
