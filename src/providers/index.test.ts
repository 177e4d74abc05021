import { describe, expect, it } from 'vitest'
import { call, provider } from '../../test/support/provider.ts'
import { chatDialect } from '../protocols/chat/dialect.ts'
import { upstreamDialect } from './dialect.ts'

const json = { 'content-type': 'application/json' }

const anthropic = (config: object = {}) => provider('anthropic', config)
const gemini = (config: object = {}) => provider('gemini', config)
const compatible = (config: object) => provider('openai-compatible', config)

/** The Chat dialect of a model behind a compatible server. */
function dialect(config: object, model = 'assistant') {
  return upstreamDialect(compatible(config), 'chat', chatDialect, model)
}

describe('openai', () => {
  it.each([
    [undefined, 'chat', 'https://api.openai.com/v1/chat/completions'],
    [undefined, 'responses', 'https://api.openai.com/v1/responses'],
    ['http://127.0.0.1:9000/v1', 'chat', 'http://127.0.0.1:9000/v1/chat/completions'],
    ['https://eu.api.openai.com/v1/', 'chat', 'https://eu.api.openai.com/v1/chat/completions'],
  ] as const)('with baseUrl %s speaks %s at %s', async (baseUrl, protocol, url) => {
    const openai = provider('openai', baseUrl === undefined ? {} : { baseUrl })
    expect(await openai.request(call(protocol))).toEqual({
      url,
      headers: { authorization: 'Bearer k', ...json },
    })
  })

  it('takes organization and project from the config', async () => {
    const openai = provider('openai', { headers: { 'OpenAI-Organization': 'org', 'OpenAI-Project': 'proj' } })
    expect((await openai.request(call('chat'))).headers).toMatchObject({
      'openai-organization': 'org',
      'openai-project': 'proj',
    })
  })
})

describe('anthropic', () => {
  const modern = { 'anthropic-version': '2026-10-21', 'anthropic-beta': 'a-2026-01-01,b-2026-01-01' }

  it.each([
    [{}, 'https://api.anthropic.com/v1/messages'],
    [{ baseUrl: 'http://127.0.0.1:9000' }, 'http://127.0.0.1:9000/v1/messages'],
    [{ baseUrl: 'https://proxy.test/claude/v1' }, 'https://proxy.test/claude/v1/messages'],
  ])('%j speaks at %s', async (config, url) => {
    expect(await anthropic(config).request(call('messages'))).toEqual({
      url,
      headers: { 'x-api-key': 'k', 'anthropic-version': '2023-06-01', ...json },
    })
  })

  it('forwards version and betas of a client that speaks Messages, verbatim', async () => {
    const { headers } = await anthropic().request(call('messages', 'm', { clientHeaders: modern }))
    expect(headers).toMatchObject(modern)
  })

  it('ignores betas of other clients', async () => {
    const clientHeaders = { 'anthropic-beta': 'x' }
    const { headers } = await anthropic().request(call('messages', 'm', { clientHeaders }))
    expect(headers).not.toHaveProperty('anthropic-beta')
  })

  it('lets the config pin the version', async () => {
    const pinned = anthropic({ anthropicVersion: '2023-01-01' })
    const { headers } = await pinned.request(call('messages', 'm', { clientHeaders: modern }))
    expect(headers['anthropic-version']).toBe('2023-01-01')
  })

  it('counts tokens', async () => {
    expect(anthropic().counts('messages')).toBe(true)
    expect((await anthropic().request(call('messages', 'm', { operation: 'count-tokens' }))).url).toBe(
      'https://api.anthropic.com/v1/messages/count_tokens',
    )
  })

  it('speaks Messages only', async () => {
    expect(anthropic().protocolsFor('gpt-5')).toEqual(['messages'])
    await expect(anthropic().request(call('chat'))).rejects.toMatchObject({ code: 'not-supported' })
  })
})

describe('gemini', () => {
  const root = 'https://generativelanguage.googleapis.com'

  it('puts the model into the path and asks for server-sent events when streaming', async () => {
    expect(await gemini().request(call('gemini', 'models/gemini-3.8-flash'))).toEqual({
      url: `${root}/v1beta/models/gemini-3.8-flash:generateContent`,
      headers: { 'x-goog-api-key': 'k', ...json },
    })
    expect((await gemini().request(call('gemini', 'g', { stream: true }))).url).toBe(
      `${root}/v1beta/models/g:streamGenerateContent?alt=sse`,
    )
  })

  it('speaks Chat to the compatible layer where the config says so', async () => {
    const chat = gemini({ protocol: 'chat', baseUrl: 'http://127.0.0.1:9000' })
    expect(chat.protocolsFor('g')).toEqual(['chat'])
    expect(await chat.request(call('chat', 'g'))).toEqual({
      url: 'http://127.0.0.1:9000/v1beta/openai/chat/completions',
      headers: { authorization: 'Bearer k', ...json },
    })
  })
})

describe('openai-compatible', () => {
  it.each([
    [{ baseUrl: 'http://localhost:11434/v1' }, 'http://localhost:11434/v1/chat/completions'],
    [{ baseUrl: 'https://api.deepseek.com' }, 'https://api.deepseek.com/chat/completions'],
    [{ preset: 'openrouter' }, 'https://openrouter.ai/api/v1/chat/completions'],
    [{ preset: 'vLLM', baseUrl: 'http://10.0.0.5:9/v1' }, 'http://10.0.0.5:9/v1/chat/completions'],
    [{ baseUrl: 'http://vllm:8000/v1/chat/completions' }, 'http://vllm:8000/v1/chat/completions'],
  ])('%j speaks at %s', async (config, url) => {
    expect((await compatible(config).request(call('chat'))).url).toBe(url)
  })

  it('sends no credentials when it has none', async () => {
    const local = compatible({ apiKey: undefined, baseUrl: 'http://localhost:1234/v1' })
    expect((await local.request(call('chat'))).headers).toEqual(json)
  })

  it.each([
    [{ baseUrl: 'https://openrouter.ai/api/v1' }, 'https://openrouter.ai/api/v1/messages'],
    [{ baseUrl: 'https://api.deepseek.com/v1' }, 'https://api.deepseek.com/anthropic/v1/messages'],
    [{ preset: 'deepseek', baseUrl: 'http://127.0.0.1:9/v1' }, 'http://127.0.0.1:9/v1/messages'],
  ])('%j has Messages at %s', async (config, url) => {
    const line = await compatible({ ...config, protocol: 'messages' }).request(call('messages'))
    expect(line.url).toBe(url)
    expect(line.headers).toMatchObject({ 'x-api-key': 'k', authorization: 'Bearer k' })
  })

  it('assumes little about a server that it does not know', () => {
    expect(dialect({ baseUrl: 'https://llm.example.com/v1' })).toMatchObject({
      maxTokensField: 'max_tokens',
      systemRole: 'system',
      promptCacheKey: false,
      efforts: [],
    })
  })

  it('knows servers by preset and by host, and models on them', () => {
    expect(dialect({ preset: 'vllm', baseUrl: 'http://10.0.0.5:9/v1' }).reasoningField).toBe('reasoning')
    expect(dialect({ baseUrl: 'http://localhost:11434/v1' }).forcedToolChoice).toBe(false)
    expect(dialect({ baseUrl: 'https://ollama.example.com:11434/v1' }).forcedToolChoice).toBe(true)
    expect(dialect({ baseUrl: 'https://api.deepseek.com' }, 'deepseek-v4-pro')).toMatchObject({
      structuredOutput: 'json-object',
      reasoningHistory: 'tool-turns',
      reasoningRequest: 'thinking',
    })
    expect(dialect({ preset: 'groq' }, 'openai/gpt-oss-120b').reasoningHistory).toBe('never')
    expect(dialect({ preset: 'litellm' }, 'gpt-5').maxTokensField).toBe('max_completion_tokens')
  })

  it('names the presets when it does not know one', () => {
    expect(() => compatible({ preset: 'olama' })).toThrow(/providers\.p\.preset is none of ollama, /)
  })
})

describe('every provider', () => {
  it('lets custom headers win over its own, but not over the content type', async () => {
    const headers = { 'X-Api-Key': 'other', 'Content-Type': 'text/plain', 'X-Team': 'a' }
    const line = await provider('anthropic', { headers }).request(call('messages'))
    expect(line.headers).toMatchObject({ 'x-api-key': 'other', 'x-team': 'a', ...json })
  })

  it("forwards the client's own key where told to", async () => {
    const own = provider('azure-openai', { endpoint: 'acme', apiKey: 'client' })
    expect((await own.request(call('chat', 'm', { clientKey: 'theirs' }))).headers['api-key']).toBe('theirs')
    await expect(own.request(call('chat'))).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  it('takes protocols from the config: the model first, then the provider', () => {
    const config = { protocol: 'responses', models: { 'GPT-Small': { protocol: 'chat' } } }
    const openai = provider('openai', config)
    expect(openai.protocolsFor('gpt-big')).toEqual(['responses'])
    expect(openai.protocolsFor('gpt-small')).toEqual(['chat'])
    expect(openai.profile('gpt-small')).not.toHaveProperty('protocol')
  })

  it('lets the config depart from everything, for one protocol or for all', () => {
    const config = { dialect: { maxOutputTokens: 100, chat: { files: true, maxTokensField: 'max_tokens' } } }
    const azure = provider('azure-openai', { endpoint: 'acme', ...config })
    expect(azure.dialects.chat).toMatchObject({ files: true, userField: 'user', maxOutputTokens: 100 })
    expect(upstreamDialect(azure, 'chat', chatDialect, 'gpt-5')).toMatchObject({
      files: true,
      maxTokensField: 'max_tokens',
      maxOutputTokens: 100,
    })
  })
})
