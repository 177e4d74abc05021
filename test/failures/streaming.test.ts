import { describe, expect, it } from 'vitest'
import type { Faults } from '../../src/simulator/script.ts'
import { ask } from '../support/ask.ts'
import { request, type Line, type Wire } from './conversation.ts'
import {
  chatStream,
  chunk,
  CLIENTS,
  listen,
  PAIRS,
  PATHS,
  piece,
  rawStream,
  TRANSLATED,
  typedStream,
  UPSTREAMS,
  watch,
  world,
  type Client,
} from './world.ts'

const lines: readonly Line[] = [{ user: 'Look' }]
const tools = [{ name: 'look', description: 'Looks.' }]
const bodyFor = (client: Client, model: string) => request(client, { model, lines, tools })

/** Clients that Chat's stream has to be translated for. */
const READERS = ['messages', 'responses'] as const
const READERS_OF_RESPONSES = ['messages', 'chat'] as const

/** A Chat upstream that sends exactly this, read by a client of another protocol through its SDK. */
async function told(client: Client, body: string) {
  const gateway = await world()
  gateway.simulator.enqueue(rawStream(body))
  return listen(gateway, client, bodyFor(client, UPSTREAMS.chat))
}

const inputs = (heard: { calls: readonly { input: string }[] }) =>
  heard.calls.map(({ input }) => JSON.parse(input) as unknown)

describe.each(READERS)('%s from a Chat stream', (client) => {
  it('T1 shows text that comes beside an empty list of calls', async () => {
    const beside = (text: string) => chunk({ content: text, tool_calls: [] })
    const body = chatStream(beside('hi '), beside('there'), chunk({}, 'stop'))
    const gateway = await world()
    gateway.simulator.enqueue(rawStream(body))
    const { events, text } = await watch(gateway, client, bodyFor(client, UPSTREAMS.chat))
    expect(text).not.toContain('input_json_delta')
    expect(
      events
        .map(({ json }) => json.delta?.text ?? json.delta)
        .filter(Boolean)
        .join(''),
    ).toMatch(/^hi there/)
    expect((await told(client, body)).text).toBe('hi there')
  })

  it('T2 keeps parallel calls apart whose pieces come in turns, without ids', async () => {
    const heard = await told(
      client,
      chatStream(
        chunk(piece(0, '', { id: 'call_a', name: 'look' })),
        chunk(piece(1, '', { id: 'call_b', name: 'look' })),
        chunk(piece(0, '{"at":')),
        chunk(piece(1, '{"at":')),
        chunk(piece(1, '"B"}')),
        chunk(piece(0, '"A"}')),
        chunk({}, 'tool_calls'),
      ),
    )
    expect(heard.calls.map(({ id }) => id)).toEqual(['call_a', 'call_b'])
    expect(inputs(heard)).toEqual([{ at: 'A' }, { at: 'B' }])
  })

  it('T3 tells calls apart that all claim one index', async () => {
    const heard = await told(
      client,
      chatStream(
        chunk(piece(0, '{"at":"A"}', { id: 'call_a', name: 'look' })),
        chunk(piece(0, '{"at":"B"}', { id: 'call_b', name: 'look' })),
        chunk({}, 'tool_calls'),
      ),
    )
    expect(heard.calls.map(({ id }) => id)).toEqual(['call_a', 'call_b'])
    expect(inputs(heard)).toEqual([{ at: 'A' }, { at: 'B' }])
  })

  it.each([
    [
      'an empty finish reason in every chunk',
      chatStream(chunk({ content: 'All of it.' }, ''), chunk({}, ''), chunk({}, 'stop')),
    ],
    ['no finish reason at all', chatStream(chunk({ content: 'All of it.' }))],
    [
      'a last frame without its blank line',
      chatStream(chunk({ content: 'All of it.' }), chunk({}, 'stop')).trimEnd(),
    ],
    [
      'no [DONE]',
      chatStream(chunk({ content: 'All of it.' }), chunk({}, 'stop')).replace('data: [DONE]\n\n', ''),
    ],
    [
      'no [DONE], and no blank line either',
      chatStream(chunk({ content: 'All of it.' }), chunk({}, 'stop')).replace('\n\ndata: [DONE]\n\n', ''),
    ],
    [
      'carriage returns and no space after the colon',
      chatStream(chunk({ content: 'All of it.' }), chunk({}, 'stop'))
        .replaceAll('\n', '\r\n')
        .replaceAll('data: ', 'data:'),
    ],
  ])('T5 ends properly after %s', async (_, body) => {
    const heard = await told(client, body)
    expect(heard.text).toBe('All of it.')
    expect(heard.stop).toBe(client === 'messages' ? 'end_turn' : 'completed')
  })

  it('T6 takes Azure’s frames without choices, without delta and without id', async () => {
    const heard = await told(
      client,
      chatStream(
        {
          id: '',
          object: '',
          created: 0,
          model: '',
          choices: [],
          prompt_filter_results: [{ prompt_index: 0 }],
        },
        chunk({ role: 'assistant', content: '' }),
        chunk({ content: 'All of it.' }),
        {
          id: '',
          object: '',
          created: 0,
          model: '',
          choices: [{ index: 0, finish_reason: null, content_filter_offsets: {} }],
        },
        chunk({}, 'stop'),
        { ...chunk({}), choices: [], usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 } },
      ),
    )
    expect(heard.text).toBe('All of it.')
    expect(heard.answer.usage.input_tokens).toBe(7)
  })
})

describe.each(CLIENTS)('%s', (client) => {
  it.each(['gemini', 'responses', 'messages'] as const)(
    'T3 tells parallel calls of %s apart, with indexes of their own',
    async (upstream) => {
      const gateway = await world()
      const toolCalls = ['A', 'B', 'C'].map((at) => ({ name: 'look', input: { at } }))
      gateway.simulator.enqueue({ text: 'Wait.', toolCalls })
      const heard = await listen(gateway, client, bodyFor(client, UPSTREAMS[upstream]))
      expect(inputs(heard)).toEqual([{ at: 'A' }, { at: 'B' }, { at: 'C' }])
      expect(new Set(heard.calls.map(({ id }) => id)).size).toBe(3)
    },
  )
})

describe.each(['messages', 'chat'] as const)('%s from a Responses stream', (client) => {
  it('T4 takes arguments that come only when they are done', async () => {
    const item = { id: 'fc_1', type: 'function_call', call_id: 'call_1', name: 'look', status: 'completed' }
    const response = (status: string, output: readonly Wire[] = []) => ({
      id: 'resp_1',
      object: 'response',
      created_at: 1_700_000_000,
      model: 'm',
      status,
      output,
      usage: { input_tokens: 5, output_tokens: 2, total_tokens: 7 },
    })
    const done = { ...item, arguments: '{"at":"A"}' }
    const gateway = await world()
    gateway.simulator.enqueue(
      rawStream(
        typedStream(
          { type: 'response.created', sequence_number: 0, response: response('in_progress') },
          {
            type: 'response.output_item.added',
            sequence_number: 1,
            output_index: 0,
            item: { ...item, arguments: '' },
          },
          {
            type: 'response.function_call_arguments.done',
            sequence_number: 2,
            output_index: 0,
            item_id: 'fc_1',
            arguments: '{"at":"A"}',
          },
          { type: 'response.output_item.done', sequence_number: 3, output_index: 0, item: done },
          { type: 'response.completed', sequence_number: 4, response: response('completed', [done]) },
        ),
      ),
    )
    const heard = await listen(gateway, client, bodyFor(client, UPSTREAMS.responses))
    expect(inputs(heard)).toEqual([{ at: 'A' }])
  })
})

describe.each(PAIRS)('%s from %s', (client, upstream) => {
  const model = UPSTREAMS[upstream]
  const said = 'One sentence after another, so that there is something to cut off in the middle of it all.'

  it.each([
    ['has not answered yet', { firstByteDelayMs: 150 } satisfies Faults],
    ['reasons in silence', { stallAfterEvents: { events: 2, ms: 150 } } satisfies Faults],
  ])('T7 is kept patient while the upstream %s', async (_, faults) => {
    const gateway = await world({}, { pingAfterMs: 20 })
    gateway.simulator.enqueue({ text: said, faults })
    const { events, comments } = await watch(gateway, client, bodyFor(client, model))
    const pings = events.filter(({ json }) => json?.type === 'ping' || json?.type === 'keepalive').length
    expect(pings + comments.length).toBeGreaterThan(1)
    expect(events.map(({ data }) => data).join('')).toContain('another')
    expect(endings(client, events)).toEqual(['well'])
  })

  it('T8 hears of an upstream that fell silent, pings or not', async () => {
    const gateway = await world({}, { pingAfterMs: 20 })
    gateway.simulator.enqueue({ text: said, faults: { stallAfterEvents: { events: 4 } } })
    const { events, broken } = await watch(gateway, client, bodyFor(client, model))
    expect(broken).toBe(false)
    expect(endings(client, events)).toEqual(['badly'])
  })

  it.each([
    ['dies', { cutAfterEvents: 4 }],
    ['stops short', { endAfterEvents: 4 }],
    ['errs', { inStreamError: { status: 500, message: 'overloaded', afterEvents: 4 } }],
  ] satisfies readonly (readonly [string, Faults])[])(
    'T9 T13 never takes an upstream that %s for one that is done',
    async (_, faults) => {
      const gateway = await world()
      gateway.simulator.enqueue({ text: said, faults })
      const { events, status, broken } = await watch(gateway, client, bodyFor(client, model))
      expect(broken).toBe(false)
      if (status === 200) expect(endings(client, events)).toEqual(['badly'])
      else expect(status).toBeGreaterThanOrEqual(500)
      expect(events.map(({ data }) => data).join('')).not.toMatch(/"(?:stop_reason|finish_reason)":"/)
    },
  )

  it.each([
    [
      'a body that is an error',
      { error: { status: 200, message: 'You have no quota.', type: 'server_error' } },
    ],
    ['an empty body', { faults: { emptyBody: true } }],
    [
      'a stream that begins with an error',
      { text: said, faults: { inStreamError: { status: 500, message: 'No.', afterEvents: 0 } } },
    ],
  ])('T10 is not told 200 for %s', async (_, answer) => {
    const gateway = await world()
    gateway.simulator.enqueue(answer)
    expect((await watch(gateway, client, bodyFor(client, model))).status).toBeGreaterThanOrEqual(400)
    // A whole answer holds no events that could begin with an error.
    if ('text' in answer) return
    gateway.simulator.enqueue(answer)
    const { status } = await ask(gateway.url + PATHS[client], {
      body: JSON.stringify(bodyFor(client, model)),
    })
    expect(status).toBeGreaterThanOrEqual(400)
  })

  it.each([1, 2, 3, 5])(
    'T11 reads text and arguments whose characters are torn into pieces of %i bytes',
    async (chunkBytes) => {
      const gateway = await world()
      const at = 'Zürich 東京 👩‍👩‍👧 ﷽'
      gateway.simulator.enqueue({
        text: `Grüße aus ${at}`,
        toolCalls: [{ name: 'look', input: { at } }],
        faults: { chunkBytes },
      })
      const heard = await listen(gateway, client, bodyFor(client, model))
      expect(heard.text).toBe(`Grüße aus ${at}`)
      expect(inputs(heard)).toEqual([{ at }])
    },
  )

  it('T13 hears exactly one ending of what went well', async () => {
    const gateway = await world()
    gateway.simulator.enqueue({ text: said, toolCalls: [{ name: 'look', input: {} }] })
    const { events } = await watch(gateway, client, bodyFor(client, model))
    expect(endings(client, events)).toEqual(['well'])
  })
})

describe.each(TRANSLATED.filter(([client]) => client === 'chat'))('Chat from %2$s', (client, upstream) => {
  it('T12 has a delta, one id and a real time in every chunk, and its usage in the last', async () => {
    const gateway = await world()
    gateway.simulator.enqueue({ text: 'Wait.', toolCalls: [{ name: 'look', input: {} }] })
    const { events } = await watch(gateway, client, bodyFor(client, UPSTREAMS[upstream]))
    const chunks = events.map(({ json }) => json).filter((json) => json !== undefined)
    for (const { id, created, model, object, choices } of chunks) {
      expect({ id, created, model, object }).toEqual({
        id: expect.stringMatching(/^chatcmpl-/),
        created: expect.any(Number),
        model: UPSTREAMS[upstream],
        object: 'chat.completion.chunk',
      })
      expect(created).toBeGreaterThan(1_600_000_000)
      for (const choice of choices) expect(choice.delta).toBeInstanceOf(Object)
    }
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1)
    const last = chunks.at(-1)
    expect(last.choices).toEqual([])
    expect(last.usage.total_tokens).toBe(last.usage.prompt_tokens + last.usage.completion_tokens)
    expect(events.at(-1)?.data).toBe('[DONE]')
  })
})

it.each(READERS_OF_RESPONSES)(
  'T10 %s is not told 200 for an answer that begins and fails at once',
  async (client) => {
    const gateway = await world()
    const inStreamError = { status: 429, message: 'Slow down.', code: 'rate_limit_exceeded', afterEvents: 2 }
    gateway.simulator.enqueue({ text: 'x', faults: { inStreamError } })
    const { status } = await watch(gateway, client, bodyFor(client, UPSTREAMS.responses))
    expect(status).toBe(429)
  },
)

it('T12 leaves the usage out where a Chat client did not ask for it', async () => {
  const gateway = await world()
  const body = JSON.stringify({ ...bodyFor('chat', UPSTREAMS.messages), stream: true })
  const response = await fetch(gateway.url + PATHS.chat, { method: 'POST', body })
  expect(await response.text()).not.toContain('"usage":{')
})

/** The terminal events of a stream, each as what it says. */
function endings(
  client: Client,
  events: readonly { readonly data: string; readonly json: any }[],
): readonly string[] {
  return events.flatMap(({ data, json }) => {
    if (client === 'chat') return data === '[DONE]' ? ['well'] : json?.error === undefined ? [] : ['badly']
    if (client === 'messages')
      return json?.type === 'message_stop' ? ['well'] : json?.type === 'error' ? ['badly'] : []
    const type = /^response\.(completed|incomplete|failed)$/.exec(json?.type)?.[1]
    return type === undefined
      ? json?.type === 'error'
        ? ['badly']
        : []
      : [type === 'failed' ? 'badly' : 'well']
  })
}
