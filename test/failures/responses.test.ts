import { describe, expect, it } from 'vitest'
import { request, type Line, type Wire } from './conversation.ts'
import {
  chatStream,
  chunk,
  CLIENTS,
  hear,
  listen,
  PAIRS,
  piece,
  rawStream,
  TRANSLATED,
  UPSTREAMS,
  watch,
  WAYS,
  world,
  type Client,
} from './world.ts'

const lines: readonly Line[] = [{ user: 'Look' }]
const tools = [{ name: 'look', description: 'Looks.' }]
const bodyFor = (client: Client, model: string) => request(client, { model, lines, tools })

const STOPS = {
  calls: { messages: 'tool_use', chat: 'tool_calls', responses: 'completed' },
  end: { messages: 'end_turn', chat: 'stop', responses: 'completed' },
  limit: { messages: 'max_tokens', chat: 'length', responses: 'incomplete' },
} as const

/** What each upstream says when it says that an answer is simply over. */
const PLAIN_END = { messages: 'end_turn', chat: 'stop', responses: 'completed', gemini: 'STOP' }
/** What each says when it says that calls follow. */
const CALLS_FOLLOW = { messages: 'tool_use', chat: 'tool_calls', responses: 'completed', gemini: 'STOP' }

describe.each(TRANSLATED)('%s from %s', (client, upstream) => {
  const model = UPSTREAMS[upstream]

  describe.each(WAYS)('%s', (_, ask) => {
    it('S1 a tool call ends the turn as one, whatever the upstream says', async () => {
      const gateway = await world()
      const toolCalls = [{ name: 'look', input: {} }]
      gateway.simulator.enqueue({ toolCalls, rawFinish: PLAIN_END[upstream] })
      const heard = await ask(gateway, client, bodyFor(client, model))
      expect(heard.calls).toHaveLength(1)
      expect(heard.stop).toBe(STOPS.calls[client])
    })

    it('S2 an answer without calls never ends as if there were some', async () => {
      const gateway = await world()
      gateway.simulator.enqueue({ text: 'Nothing to do.', rawFinish: CALLS_FOLLOW[upstream] })
      const heard = await ask(gateway, client, bodyFor(client, model))
      expect(heard).toMatchObject({ text: 'Nothing to do.', calls: [], stop: STOPS.end[client] })
    })

    it('S3 a call that the limit tore ends as cut short, and what there was of it stays', async () => {
      const gateway = await world()
      const torn = { name: 'look', input: '{"path":"/tmp/so far' }
      gateway.simulator.enqueue({ text: 'Wait.', toolCalls: [torn], finish: 'length' })
      const heard = await ask(gateway, client, bodyFor(client, model))
      expect(heard.stop).toBe(STOPS.limit[client])
      expect(heard.text).toBe('Wait.')
      expect(heard.calls.length).toBeLessThanOrEqual(1)
    })

    it('S7 a call without arguments has an empty object of them', async () => {
      const gateway = await world()
      gateway.simulator.enqueue({ toolCalls: [{ name: 'look', input: upstream === 'chat' ? '' : {} }] })
      const heard = await ask(gateway, client, bodyFor(client, model))
      expect(heard.calls).toMatchObject([{ name: 'look', input: '{}' }])
    })
  })
})

describe.each(['messages', 'responses'] as const)('%s from Chat Completions', (client) => {
  it.each([
    ['nameless', piece(0, '{}', { id: 'call_1', name: '' })],
    ['empty', { tool_calls: [] }],
  ])('S2 calls that are none (%s) are not passed on', async (_, delta) => {
    const gateway = await world()
    const body = chatStream(chunk({ content: 'Done.' }), chunk(delta), chunk({}, 'tool_calls'))
    gateway.simulator.enqueue(rawStream(body))
    const heard = await listen(gateway, client, bodyFor(client, UPSTREAMS.chat))
    expect(heard).toMatchObject({ text: 'Done.', calls: [], stop: STOPS.end[client] })
  })
})

describe('a truncated answer', () => {
  it.each(['messages/claude-sonnet-4-6', 'gemini/gemini-3-pro', 'chat/gpt-4.1'])(
    'S4 of %s is told to a Responses client as incomplete, with the reason',
    async (model) => {
      const gateway = await world()
      for (const [, ask] of WAYS) {
        gateway.simulator.enqueue({ text: 'Once upon a', finish: 'length' })
        const { answer } = await ask(gateway, 'responses', bodyFor('responses', model))
        expect(answer).toMatchObject({
          status: 'incomplete',
          incomplete_details: { reason: 'max_output_tokens' },
        })
      }
    },
  )
})

describe.each(['messages', 'chat', 'gemini'] as const)('a Responses stream made from %s', (upstream) => {
  it('S5 says everything again, whole, in its closing events', async () => {
    const gateway = await world()
    gateway.simulator.enqueue({
      parts: [
        { thinking: 'THOUGHT whole' },
        { text: 'TEXT whole, in some pieces' },
        { toolCall: { name: 'look', input: { at: 'ARGUMENTS whole' } } },
      ],
    })
    const more: Wire = { reasoning: { effort: 'high', summary: 'auto' } }
    const body = { ...bodyFor('responses', UPSTREAMS[upstream]), ...(upstream !== 'chat' && more) }
    const { events } = await watch(gateway, 'responses', body)
    const one = (type: string) => events.filter((event) => event.json.type === type).map(({ json }) => json)
    expect(one('response.output_text.done')).toMatchObject([{ text: 'TEXT whole, in some pieces' }])
    expect(one('response.content_part.done')).toMatchObject([
      { part: { text: 'TEXT whole, in some pieces' } },
    ])
    const args = JSON.stringify({ at: 'ARGUMENTS whole' })
    expect(one('response.function_call_arguments.done')).toMatchObject([{ arguments: args }])
    const items = one('response.output_item.done').map(({ item }) => item)
    const said = [
      { type: 'message', content: [{ text: 'TEXT whole, in some pieces' }] },
      { type: 'function_call', arguments: args },
    ]
    const thought = { type: 'reasoning', summary: [{ text: 'THOUGHT whole' }] }
    const whole = upstream === 'chat' ? said : [thought, ...said]
    expect(items).toMatchObject(whole)
    expect(one('response.completed')[0]?.response.output).toMatchObject(whole)
  })
})

describe.each(['messages', 'responses', 'gemini'] as const)('Chat from %s', (upstream) => {
  it('S6 holds the calls, and null where nothing was said beside them', async () => {
    const gateway = await world()
    gateway.simulator.enqueue({ toolCalls: [{ name: 'look', input: { at: 1 } }] })
    const { answer } = await hear(gateway, 'chat', bodyFor('chat', UPSTREAMS[upstream]))
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { content: null, tool_calls: [{ function: { name: 'look', arguments: '{"at":1}' } }] },
    })
  })
})

describe.each(PAIRS)('%s to %s', (client, upstream) => {
  it('S7 may bring back a call whose arguments are an empty text', async () => {
    const gateway = await world()
    const history: Line[] = [
      { user: 'Look' },
      { call: 'call_1', name: 'look' },
      { result: 'call_1', output: 'seen' },
    ]
    const text = JSON.stringify(request(client, { model: UPSTREAMS[upstream], lines: history, tools }))
    const body = JSON.parse(text.replace('"arguments":"{}"', '"arguments":""'))
    const heard = await hear(gateway, client, body)
    expect(heard.text).toContain('seen')
  })
})

it.each(CLIENTS)('S3 %s is not given a torn call as if it were whole', async (client) => {
  const gateway = await world()
  const body = chatStream(
    chunk(piece(0, '{"path":"/tmp/so', { id: 'call_1', name: 'look' })),
    chunk({}, 'length'),
  )
  gateway.simulator.enqueue(rawStream(body))
  const { events } = await watch(gateway, client, bodyFor(client, UPSTREAMS.chat))
  const text = events.map(({ data }) => data).join('')
  expect(text).toContain('/tmp/so')
  expect(text).toMatch(/"max_tokens"|"length"|"max_output_tokens"/)
})
