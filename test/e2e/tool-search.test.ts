import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { asArray, asObject } from '../../src/ir/json.ts'
import type { ReceivedRequest } from '../../src/simulator/received.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'

const search = {
  type: 'tool_search',
  execution: 'client',
  description: 'Searches for tools that are not declared yet.',
  parameters: {
    type: 'object',
    properties: { query: { type: 'string' }, limit: { type: 'number' } },
    required: ['query'],
    additionalProperties: false,
  },
} as const
const found = [
  {
    type: 'namespace',
    name: 'mcp__almanac',
    description: 'Tools of the almanac.',
    tools: [
      {
        type: 'function',
        name: 'tide_at_dover',
        description: 'Tells the tide at Dover.',
        strict: false,
        defer_loading: true,
        parameters: { type: 'object', properties: { day: { type: 'string' } }, required: ['day'] },
      },
    ],
  },
]
const NAME = 'mcp__almanac__tide_at_dover'

const client = (gateway: TestGateway) =>
  new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'any', maxRetries: 0 })

/** The names of the tools declared to the model, whatever its protocol wraps them in. */
const declared = ({ body }: ReceivedRequest): string[] =>
  asArray(body['tools'])
    .flatMap((tool) => asObject(tool)['functionDeclarations'] ?? [tool])
    .map((tool) => asObject(asObject(tool)['function'] ?? tool)['name'] as string)

const TARGETS = [
  ['Claude on Foundry', 'foundry/claude-sonnet-4-6'],
  ['Azure Chat', 'dated/gpt-4.1'],
  ['Gemini', 'gemini/gemini-3-pro'],
] as const

describe.each(TARGETS)('a client that searches for its tools, on %s', (_, model) => {
  it.each(['whole', 'streamed'] as const)(
    'is asked to search, and calls what it found (%s)',
    async (form) => {
      const gateway = await startGateway()
      gateway.simulator.enqueue(
        { text: 'I look for it.', toolCalls: [{ name: 'tool_search', input: { query: 'tide', limit: 2 } }] },
        { toolCalls: [{ name: NAME, input: { day: 'Monday' } }] },
        { text: 'At 11:42.' },
      )
      const input: any[] = [{ role: 'user', content: 'When is high water?' }]
      const next = async (): Promise<any> => {
        const body: any = { model, store: false, tools: [search], input }
        const answer =
          form === 'whole'
            ? await client(gateway).responses.create(body)
            : await client(gateway).responses.stream(body).finalResponse()
        input.push(...answer.output)
        return answer
      }

      const asked = (await next()).output.at(-1)
      expect(asked).toMatchObject({
        type: 'tool_search_call',
        execution: 'client',
        status: 'completed',
        arguments: { query: 'tide', limit: 2 },
      })
      const { call_id } = asked
      input.push({
        type: 'tool_search_output',
        call_id,
        execution: 'client',
        status: 'completed',
        tools: found,
      })
      expect((await next()).output.at(-1)).toMatchObject({
        type: 'function_call',
        name: 'tide_at_dover',
        namespace: 'mcp__almanac',
        arguments: '{"day":"Monday"}',
      })
      input.push({ type: 'function_call_output', call_id: input.at(-1).call_id, output: '11:42' })
      expect((await next()).output_text).toBe('At 11:42.')

      const [first, second, third] = gateway.simulator.requests as readonly [
        ReceivedRequest,
        ReceivedRequest,
        ReceivedRequest,
      ]
      expect(declared(first)).toEqual(['tool_search'])
      expect(JSON.stringify(first.body)).toContain(search.description)
      expect(declared(second)).toEqual(['tool_search', NAME])
      expect(declared(third)).toEqual(['tool_search', NAME])
      expect(JSON.stringify(second.body)).toContain(`These tools were found`)
      expect(JSON.stringify(second.body)).toContain(`- ${NAME}`)
    },
  )

  it('loses no content by it', async () => {
    const gateway = await startGateway()
    gateway.simulator.enqueue({ text: 'Yes.' })
    const answer = await client(gateway).responses.create(
      { model, store: false, tools: [search as any], input: 'Hello' },
      { headers: { 'x-dragoman-lossy': 'reject' } },
    )
    expect(answer.output_text).toBe('Yes.')
  })
})
