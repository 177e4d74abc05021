import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { pngBase64 } from '../support/png.ts'
import { installOpenWebUi, startOpenWebUi, until, type OpenWebUi } from './open-webui-server.ts'
import type { Installed } from './install.ts'

const CONFIG = `
retries: 0
providers:
  azure:   { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1 }
  chat:    { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1, protocol: chat }
  foundry: { type: azure-foundry, baseUrl: "$UPSTREAM/anthropic", apiKey: foundry-key-1 }
  gemini:  { type: gemini, baseUrl: "$UPSTREAM", apiKey: gemini-key-1 }
models:
  gpt-chat: chat/gpt-4.1
  gpt-responses: azure/gpt-5.4
  claude: foundry/claude-sonnet-4-6
  gemini: gemini/gemini-3-pro
auth: { keys: [a-local-token] }
`

const WEATHER = `
class Tools:
    def get_weather(self, city: str) -> str:
        """
        The weather of a city.
        :param city: The name of the city
        """
        return f"21 degrees in {city}"
`

let installed: Installed
let gateway: TestGateway
let owui: OpenWebUi
beforeAll(async () => {
  installed = await installOpenWebUi()
  if ('missing' in installed) return
  gateway = await startGateway({ config: CONFIG, lifetime: 'file' })
  owui = await startOpenWebUi(installed.path, gateway.url)
  const tool = { id: 'weather', name: 'Weather', content: WEATHER, meta: { description: 'The weather' } }
  const { status } = await owui.ask('POST', '/api/v1/tools/create', tool)
  if (status !== 200) throw new Error(`Open WebUI takes no tool: ${status}`)
})
afterAll(() => owui?.stop())

/** The user's next message, as the browser sends it; resolves with the chat once it holds the finished answer. */
async function say(model: string, content: string, chat?: Chat): Promise<Chat> {
  const id = randomUUID()
  const user = randomUUID()
  const { status, json } = await owui.ask('POST', '/api/chat/completions', {
    model,
    stream: true,
    session_id: 'a-session',
    ...(chat !== undefined && { chat_id: chat.id }),
    id,
    message_ids: [{ model_id: model, message_id: id, modelIdx: 0 }],
    parent_id: chat?.answer.id ?? null,
    user_message: {
      id: user,
      parentId: chat?.answer.id ?? null,
      childrenIds: [id],
      role: 'user',
      content,
      models: [model],
      timestamp: 1,
    },
    tool_ids: ['weather'],
    background_tasks: { title_generation: true, tags_generation: false, follow_up_generation: true },
  })
  expect([status, json]).toEqual([200, expect.objectContaining({ status: true })])
  return await until(async () => {
    const found = (await owui.ask('GET', `/api/v1/chats/${json.chat_id}`)).json
    const answer = found.chat?.history.messages[id]
    const isOver = answer?.error || (answer?.done && (chat !== undefined || answer.followUps))
    return isOver ? { id: json.chat_id, title: found.title, answer } : undefined
  })
}
type Chat = { readonly id: string; readonly title: string; readonly answer: any }

/** A model that calls the weather tool once, and does Open WebUI's small tasks. */
function playModel(): void {
  gateway.simulator.reset()
  gateway.simulator.respond(({ body }) => {
    const text = JSON.stringify(body)
    if (text.includes('Generate a concise')) return { text: '{"title": "Weather talk"}' }
    if (text.includes('follow_ups')) return { text: '{"follow_ups": ["And tomorrow?"]}' }
    if (text.includes('21 degrees in')) return { thinking: 'It told me.', text: 'It is 21 °C.' }
    return {
      thinking: 'I should look.',
      text: 'Let me look.',
      toolCalls: [{ name: 'get_weather', input: { city: 'Zürich' } }],
    }
  })
}

describe('Open WebUI', () => {
  it('verifies the connection, and tells of a wrong key', async (test) => {
    if ('missing' in installed) return test.skip(installed.missing)
    const url = `${gateway.url}/v1`
    const verify = (key: string) => owui.ask('POST', '/openai/verify', { url, key })
    expect((await verify('a-local-token')).status).toBe(200)
    const wrong = await verify('wrong')
    expect(wrong.status).toBe(401)
    expect(JSON.stringify(wrong.json)).toContain('none of the keys')
  })

  it('lists the models', async (test) => {
    if ('missing' in installed) return test.skip(installed.missing)
    const { json } = await owui.ask('GET', '/api/models')
    const ids = json.data.map(({ id }: { id: string }) => id)
    expect(ids).toEqual(
      expect.arrayContaining(['gpt-chat', 'gpt-responses', 'claude', 'gemini', 'azure/gpt-5.4']),
    )
  })

  it.for(['gpt-chat', 'gpt-responses', 'claude', 'gemini'])(
    'chats with %s, calls a tool, makes a title and follow-ups, and goes on',
    async (model, test) => {
      if ('missing' in installed) return test.skip(installed.missing)
      playModel()
      const chat = await say(model, 'What is the weather in Zürich?')
      expect(chat.title).toBe('Weather talk')
      expect(chat.answer.followUps).toEqual(['And tomorrow?'])
      expect(chat.answer.content).toBe('Let me look.\nIt is 21 °C.')
      const next = await say(model, 'Again, please', chat)
      expect(next.answer.content).toBe('It is 21 °C.')

      const sent = JSON.stringify(gateway.simulator.requests.findLast(({ body }) => 'tools' in body)?.body)
      expect(sent).toContain('21 degrees in Zürich')
      expect(sent).toContain('Again, please')
      // The thought before the call returns as it came: Claude's with its text, the others' sealed alone.
      if (model !== 'gpt-chat') expect(sent).toContain(Buffer.from('I should look.').toString('base64'))
      if (model === 'claude') expect(sent).toContain('"thinking":"I should look."')
    },
  )

  it.for(['claude', 'gemini'])(
    'leaves thoughts out when it speaks Responses, and %s gets them back all the same',
    async (model, test) => {
      if ('missing' in installed) return test.skip(installed.missing)
      const { json: before } = await owui.ask('GET', '/openai/config')
      const speak = (config: object) =>
        owui.ask('POST', '/openai/config/update', { ...before, OPENAI_API_CONFIGS: { '0': config } })
      expect((await speak({ enable: true, api_type: 'responses' })).status).toBe(200)
      playModel()
      const logged = gateway.log.length
      const chat = await say(model, 'What is the weather in Zürich?')
      expect(gateway.log.slice(logged)).toContainEqual(expect.objectContaining({ protocol: 'responses' }))
      expect(chat.answer.content).toContain('It is 21 °C.')
      await say(model, 'Again, please', chat)
      await speak(before.OPENAI_API_CONFIGS['0'] ?? {})
      const sent = gateway.simulator.requests.filter(({ body }) => 'tools' in body)
      expect(JSON.stringify(sent[1]?.body)).toContain(Buffer.from('I should look.').toString('base64'))
      expect(JSON.stringify(sent.at(-1)?.body)).toContain('Again, please')
    },
  )

  it('shows what an upstream refuses, and where it broke off', async (test) => {
    if ('missing' in installed) return test.skip(installed.missing)
    gateway.simulator.reset()
    gateway.simulator.respond(() => ({ error: { status: 429, message: 'The upstream is busy.' } }))
    const refused = await say('gpt-chat', 'Hello')
    expect(JSON.stringify(refused.answer.error)).toContain('The upstream is busy.')

    gateway.simulator.reset()
    gateway.simulator.respond(() => ({ text: 'This answer never ends.', faults: { cutAfterEvents: 5 } }))
    const broken = await say('claude', 'Hello')
    expect(JSON.stringify(broken.answer.error)).toContain('broke off')
  })

  it('sends pictures, and shows thoughts when asked for them', async (test) => {
    if ('missing' in installed) return test.skip(installed.missing)
    gateway.simulator.reset()
    gateway.simulator.respond(() => ({ thinking: 'A thought.', text: 'A square.' }))
    await owui.ask('POST', '/api/v1/models/create', {
      id: 'thinker',
      base_model_id: 'gemini',
      name: 'Thinks aloud',
      meta: {},
      params: { custom_params: { reasoning: '{"enabled": true}' } },
    })
    await owui.ask('GET', '/api/models')
    const image = pngBase64({ width: 8, height: 8 })
    const { json } = await owui.ask('POST', '/api/chat/completions', {
      model: 'thinker',
      stream: false,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${image}` } },
          ],
        },
      ],
    })
    expect(json.choices[0].message).toMatchObject({ content: 'A square.', reasoning_content: 'A thought.' })
    expect(JSON.stringify(gateway.simulator.last.body)).toContain(image)
  })
})
