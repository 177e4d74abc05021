import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { startGateway } from '../support/gateway.ts'
import { readSse } from '../support/sse.ts'

const results = [
  { url: 'https://example.com/tides', title: 'Tide tables' },
  { url: 'https://example.org/moon', title: 'Moon phases' },
]
const answer = { webSearch: { query: 'tides at Dover', results }, text: 'High water is at noon.' }
const TOOL = { type: 'web_search_20250305', name: 'web_search', max_uses: 8 }

const SEARCHING = [
  ['Responses on Azure', 'azure/gpt-5.4'],
  ['Gemini', 'gemini/gemini-3-pro'],
  ['Claude on Foundry', 'foundry/claude-sonnet-4-6'],
] as const
const ALL = [...SEARCHING, ['Chat on Azure', 'chat/gpt-4.1']] as const

const config = `
providers:
  azure:   { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1 }
  chat:    { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1, protocol: chat }
  foundry: { type: azure-foundry, baseUrl: "$UPSTREAM/anthropic", apiKey: foundry-key-1 }
  gemini:  { type: gemini, baseUrl: "$UPSTREAM", apiKey: gemini-key-1 }
`
const start = () => startGateway({ config })

/** A Messages answer, whole or put together from its stream. */
async function message(url: string, body: object, stream: boolean): Promise<any> {
  const sent = { max_tokens: 1000, ...body, stream }
  if (!stream) return (await ask(`${url}/v1/messages`, { body: JSON.stringify(sent) })).json
  const response = await fetch(`${url}/v1/messages`, { method: 'POST', body: JSON.stringify(sent) })
  const { events } = await readSse(response)
  const content: any[] = []
  let tail: any = {}
  for (const { json } of events) {
    if (json.type === 'content_block_start') content[json.index] = { ...json.content_block }
    if (json.type === 'message_delta') tail = { ...json.delta, usage: json.usage }
    if (json.type === 'error') throw new Error(json.error.message)
    if (json.type !== 'content_block_delta') continue
    const block = content[json.index]
    if (json.delta.type === 'text_delta') block.text += json.delta.text
    if (json.delta.type === 'citations_delta') (block.citations ??= []).push(json.delta.citation)
    if (json.delta.type === 'input_json_delta') block.json = (block.json ?? '') + json.delta.partial_json
  }
  for (const block of content) {
    if (block.json === undefined) continue
    block.input = JSON.parse(block.json)
    delete block.json
  }
  return { content, ...tail }
}

const blocks = (message: any, type: string): any[] =>
  message.content.filter((block: any) => block.type === type)

describe.each([
  ['whole', false],
  ['streamed', true],
] as const)('a web search of a Messages client, %s,', (_, stream) => {
  it.each(SEARCHING)('returns what %s found', async (_name, model) => {
    const { url, simulator } = await start()
    simulator.enqueue(answer)
    const messages = [{ role: 'user', content: 'When is high water at Dover?' }]
    const said = await message(url, { model, messages, tools: [TOOL] }, stream)

    const [call] = blocks(said, 'server_tool_use')
    const [found] = blocks(said, 'web_search_tool_result')
    expect(call).toMatchObject({ name: 'web_search', input: { query: 'tides at Dover' } })
    expect(call.id).toMatch(/^srvtoolu_/)
    expect(found.tool_use_id).toBe(call.id)
    expect(found.content.map((page: any) => [page.type, page.url, page.title])).toEqual(
      results.map((page) => ['web_search_result', page.url, page.title]),
    )
    const [text] = blocks(said, 'text')
    expect(text.text).toBe('High water is at noon.')
    expect(text.citations.map((cited: any) => [cited.type, cited.url, cited.title])).toEqual(
      results.map((page) => ['web_search_result_location', page.url, page.title]),
    )
    expect(said.usage.server_tool_use.web_search_requests).toBe(1)
    expect(said.stop_reason).toBe('end_turn')
  })
})

describe('a conversation that searched', () => {
  const pairs = SEARCHING.flatMap(([from, first]) => ALL.map(([to, second]) => ({ from, first, to, second })))

  it.each(pairs)('at $from goes on at $to', async ({ first, second }) => {
    const { url, simulator } = await start()
    simulator.enqueue(answer, { text: 'As I said, at noon.' })
    const turn = { role: 'user', content: 'When is high water at Dover?' }
    const said = await message(url, { model: first, messages: [turn], tools: [TOOL] }, false)
    const messages = [turn, { role: 'assistant', content: said.content }, { role: 'user', content: 'Sure?' }]
    const tools = [TOOL, { name: 'note', input_schema: { type: 'object', properties: {} } }]
    const next = await message(url, { model: second, messages, tools }, false)
    expect(next.content).toEqual([{ type: 'text', text: 'As I said, at noon.' }])
    const sent = JSON.stringify(simulator.last.body)
    expect(sent).toContain('High water is at noon.')
    expect(sent).toContain('https://example.com/tides')
  })
})

describe('a web search where the model has none', () => {
  it.each([false, true])('is a clear error of the tool (streaming: %s)', async (stream) => {
    const { url, simulator } = await start()
    const messages = [{ role: 'user', content: 'Perform a web search for the query: tides' }]
    const said = await message(url, { model: 'chat/gpt-4.1', messages, tools: [TOOL] }, stream)
    expect(blocks(said, 'server_tool_use')[0].input).toEqual({ query: 'tides' })
    expect(blocks(said, 'web_search_tool_result')[0].content).toEqual({
      type: 'web_search_tool_result_error',
      error_code: 'unavailable',
    })
    expect(blocks(said, 'text')[0].text).toContain('Web search is not available')
    expect(simulator.requests).toEqual([])
  })

  it('is left out, and said to be, among other tools', async () => {
    const { url, simulator } = await start()
    const tools = [TOOL, { name: 'note', input_schema: { type: 'object', properties: {} } }]
    const body = {
      model: 'chat/gpt-4.1',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Hi' }],
      tools,
    }
    const said = await ask(`${url}/v1/messages`, { body: JSON.stringify(body) })
    expect(said.status).toBe(200)
    expect(said.headers['x-dragoman-dropped']).toContain('tools[0]')
    expect(JSON.stringify(simulator.last.body)).not.toContain('web_search')
  })
})

describe('a web search of a Responses client', () => {
  it.each([false, true])('returns what Claude and Gemini found (streaming: %s)', async (stream) => {
    for (const model of ['foundry/claude-sonnet-4-6', 'gemini/gemini-3-pro']) {
      const { url, simulator } = await start()
      simulator.enqueue(answer, { text: 'Yes.' })
      const input = [{ role: 'user', content: 'When is high water at Dover?' }]
      const post = async (body: object) => {
        const sent = JSON.stringify({ model, tools: [{ type: 'web_search' }], store: false, ...body })
        if (!stream) return (await ask(`${url}/v1/responses`, { body: sent })).json
        const { events } = await readSse(await fetch(`${url}/v1/responses`, { method: 'POST', body: sent }))
        return events.at(-1)?.json.response
      }
      const said = await post({ input, stream })
      const call = said.output.find((item: any) => item.type === 'web_search_call')
      expect(call).toMatchObject({ status: 'completed', action: { type: 'search', query: 'tides at Dover' } })
      expect(call.action.sources.map((source: any) => source.url)).toEqual(results.map((page) => page.url))
      const text = said.output.find((item: any) => item.type === 'message').content[0]
      expect(text.text).toBe('High water is at noon.')
      expect(text.annotations).toEqual(
        results.map((page) => ({
          type: 'url_citation',
          start_index: 0,
          end_index: text.text.length,
          ...page,
        })),
      )
      for (const next of [
        'foundry/claude-sonnet-4-6',
        'gemini/gemini-3-pro',
        'azure/gpt-5.4',
        'chat/gpt-4.1',
      ]) {
        simulator.enqueue({ text: 'Yes.' })
        const history = [...input, ...said.output, { role: 'user', content: 'Sure?' }]
        const answered = await post({ model: next, input: history, stream })
        expect([next, answered.status]).toEqual([next, 'completed'])
      }
    }
  })
})

describe('a web search of a Chat client', () => {
  it.each(SEARCHING)('becomes annotations of what %s found', async (_, model) => {
    const { url, simulator } = await start()
    simulator.enqueue(answer)
    const body = {
      model,
      messages: [{ role: 'user', content: 'When is high water at Dover?' }],
      web_search_options: { search_context_size: 'low' },
    }
    const said = await ask(`${url}/v1/chat/completions`, { body: JSON.stringify(body) })
    expect(said.status).toBe(200)
    const { message } = said.json.choices[0]
    expect(message.content).toBe('High water is at noon.')
    expect(message.annotations.map((one: any) => one.url_citation)).toMatchObject(
      results.map((page) => ({ start_index: 0, end_index: 22, ...page })),
    )
  })
})

/** What real servers say, as far as it differs from the simulator. */
describe('a search that the upstream tells in its own way', () => {
  const turn = { role: 'user', content: 'Perform a web search for the query: tides at Dover' }
  const search = (url: string, model: string) =>
    message(url, { model, messages: [turn], tools: [TOOL] }, false)
  const json = (body: object) => ({
    raw: { headers: { 'content-type': 'application/json' }, body: { ...body } },
  })
  const found = (said: any) =>
    blocks(said, 'web_search_tool_result').map(({ content }) =>
      content.map(({ url, title }: any) => ({ url, title })),
    )

  it('is told from its citations where Responses gives no sources', async () => {
    const { url, simulator } = await start()
    const annotations = results.map((page) => ({
      type: 'url_citation',
      start_index: 0,
      end_index: 4,
      ...page,
    }))
    const action = { type: 'search', query: 'tides at Dover', queries: ['tides at Dover'] }
    simulator.enqueue(
      json({
        id: 'resp_1',
        object: 'response',
        status: 'completed',
        model: 'gpt-5.4',
        output: [
          { type: 'web_search_call', id: 'ws_1', status: 'completed', action },
          {
            type: 'message',
            id: 'msg_1',
            role: 'assistant',
            status: 'completed',
            content: [{ type: 'output_text', text: 'Noon.', annotations: [...annotations, annotations[0]] }],
          },
        ],
        usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
      }),
    )
    const said = await search(url, 'azure/gpt-5.4')
    expect(found(said)).toEqual([results])
    expect(said.usage.server_tool_use.web_search_requests).toBe(1)
  })

  it('is told from its citations where a search model on Chat gives nothing else', async () => {
    const { url, simulator } = await startGateway({
      config: `providers: { search: { type: openai-compatible, baseUrl: "$UPSTREAM/compatible/v1", dialect: { webSearch: true } } }`,
    })
    simulator.enqueue(answer)
    const said = await search(url, 'search/sonar')
    expect(simulator.last.body['web_search_options']).toEqual({})
    expect(blocks(said, 'server_tool_use')[0].input).toEqual({ query: 'tides at Dover' })
    expect(found(said)).toEqual([results])
    expect(said.usage.server_tool_use.web_search_requests).toBe(1)
  })

  it('is told once where Gemini tells it among its parts and beside them', async () => {
    const { url, simulator } = await start()
    const call = { toolType: 'GOOGLE_SEARCH_WEB', id: 'a1' }
    simulator.enqueue(
      json({
        candidates: [
          {
            content: {
              role: 'model',
              parts: [
                { toolCall: { ...call, args: { queries: ['tides at Dover'] } }, thoughtSignature: 'c2ln' },
                { toolResponse: { ...call, response: { search_suggestions: '<div></div>' } } },
                { text: 'Noon.' },
              ],
            },
            finishReason: 'STOP',
            groundingMetadata: {
              webSearchQueries: ['tides at Dover'],
              groundingChunks: results.map((page) => ({ web: { uri: page.url, title: page.title } })),
              groundingSupports: [{ segment: { endIndex: 5, text: 'Noon.' }, groundingChunkIndices: [0, 1] }],
            },
          },
        ],
        usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
        modelVersion: 'gemini-3-pro',
        responseId: 'r1',
      }),
    )
    const said = await search(url, 'gemini/gemini-3-pro')
    expect(blocks(said, 'server_tool_use').map(({ input }) => input)).toEqual([{ query: 'tides at Dover' }])
    expect(found(said)).toEqual([results])
    expect(blocks(said, 'text')[0].citations).toHaveLength(2)
    expect(said.usage.server_tool_use.web_search_requests).toBe(1)
  })

  it('that found nothing is a result without pages', async () => {
    const { url, simulator } = await start()
    simulator.enqueue({ webSearch: { query: 'xyzzy', results: [] }, text: 'I found nothing.' })
    const said = await search(url, 'azure/gpt-5.4')
    expect(found(said)).toEqual([[]])
  })
})
