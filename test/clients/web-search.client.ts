import { beforeAll, describe, expect, it } from 'vitest'
import type { ReceivedRequest } from '../../src/simulator/received.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { ask, installClaudeCode, NEWEST, resultOf } from './claude-code-session.ts'
import type { Installed } from './install.ts'

let claude: Installed
beforeAll(async () => {
  claude = await installClaudeCode(NEWEST)
})

const configFor = (target: string) => `
providers:
  azure:   { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1 }
  chat:    { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1, protocol: chat }
  foundry: { type: azure-foundry, baseUrl: "$UPSTREAM/anthropic", apiKey: foundry-key-1 }
  gemini:  { type: gemini, baseUrl: "$UPSTREAM", apiKey: gemini-key-1 }
models:
  "claude-*": ${target}
`

// Deferred tools would have to be loaded first.
const session = (gateway: TestGateway, prompt: string, args: readonly string[] = []) =>
  ask(claude, gateway, { prompt, args, env: { ENABLE_TOOL_SEARCH: 'false' } })

const results = [
  { url: 'https://example.com/tides', title: 'Tide tables' },
  { url: 'https://example.org/moon', title: 'Moon phases' },
]
const asksFor = (request: ReceivedRequest, words: string) => JSON.stringify(request.body).includes(words)
const SEARCH = 'Perform a web search for the query'

/** A model that calls WebSearch, searches when it is asked to, and then answers. */
function playSearcher({ simulator }: TestGateway): ReceivedRequest[] {
  const searches: ReceivedRequest[] = []
  let called = false
  simulator.respond((request) => {
    if (asksFor(request, SEARCH)) {
      searches.push(request)
      return { webSearch: { query: 'tides at Dover', results }, text: 'High water is at noon.' }
    }
    if (called) return { text: 'It is at noon.' }
    called = true
    return { toolCalls: [{ name: 'WebSearch', input: { query: 'tides at Dover' } }] }
  })
  return searches
}

describe('WebSearch of Claude Code', () => {
  it.for([
    ['Azure Responses', 'azure/gpt-5.4', '"type":"web_search"'],
    ['Gemini', 'gemini/gemini-3-pro', '"googleSearch"'],
    ['Claude on Foundry', 'foundry/claude-opus-5-5', '"type":"web_search_2'],
  ] as const)('on %s brings links', async ([, target, tool], test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    const gateway = await startGateway({ config: configFor(target) })
    const searches = playSearcher(gateway)
    const ran = await session(gateway, 'When is high water at Dover?', ['--allowedTools', 'WebSearch'])
    expect(resultOf(ran)).toMatchObject({ is_error: false, result: 'It is at noon.' })
    expect(searches).toHaveLength(1)
    expect(JSON.stringify(searches[0]?.body)).toContain(tool)
    const sent = JSON.stringify(gateway.simulator.last.body)
    for (const { url, title } of results) {
      expect(sent).toContain(url)
      expect(sent).toContain(title)
    }
    expect(sent).toContain('High water is at noon.')
    expect(sent).not.toMatch(/\b0 searches|No links found/)
  })

  it('says that there is no search where the model has none', async (test) => {
    if ('missing' in claude) return test.skip(claude.missing)
    const gateway = await startGateway({ config: configFor('chat/gpt-4.1') })
    const searches = playSearcher(gateway)
    const ran = await session(gateway, 'When is high water at Dover?', ['--allowedTools', 'WebSearch'])
    expect(resultOf(ran)).toMatchObject({ is_error: false, result: 'It is at noon.' })
    expect(searches).toEqual([])
    const sent = JSON.stringify(gateway.simulator.last.body)
    expect(sent).toContain('Web search is not available')
    expect(sent).toContain('unavailable')
  })
})

describe('/context of Claude Code', () => {
  it.for(['azure/gpt-5.4', 'gemini/gemini-3-pro', 'chat/gpt-4.1', 'foundry/claude-opus-5-5'])(
    'is counted on %s',
    async (target, test) => {
      if ('missing' in claude) return test.skip(claude.missing)
      const gateway = await startGateway({ config: configFor(target) })
      const ran = await session(gateway, '/context')
      const { result } = resultOf(ran)
      expect(result).toMatch(/System tools/)
      expect(result).toMatch(/Tokens/i)
      // Nothing but counts reached the upstream, and every one was answered.
      for (const { path, status } of gateway.simulator.requests)
        expect([path, status]).toEqual([expect.stringMatching(/count_tokens|input_tokens|countTokens/), 200])
      if (!target.startsWith('chat')) expect(gateway.simulator.requests.length).toBeGreaterThan(10)
    },
  )
})
