import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  CLIENTS,
  EVENTS,
  ISSUERS,
  REASONING_MATRIX,
  type ClientId,
  type EventId,
  type IssuerId,
  type Outcome,
} from '../../scripts/fidelity/reasoning.ts'
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts'
import { ask } from '../support/ask.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'

type Wire = { readonly [field: string]: any }

/** Unlike anything else in a request, so that it is found again, sealed or not. */
const THOUGHT = 'The thought that must come back'
const SEALED = Buffer.from(THOUGHT).toString('base64')

/** Where the conversation begins, another model at the same provider, and the same model at another account. */
const TARGETS: Readonly<Record<IssuerId, { first: string; otherModel: string; otherAccount: string }>> = {
  claude: {
    first: 'foundry/claude-sonnet-5-5',
    otherModel: 'foundry/claude-opus-5-5',
    otherAccount: 'foundry-2/claude-sonnet-5-5',
  },
  openai: { first: 'azure/gpt-5.4', otherModel: 'azure/gpt-5.5', otherAccount: 'azure-2/gpt-5.4' },
  gemini: {
    first: 'gemini/gemini-3-pro',
    otherModel: 'gemini/gemini-3-flash',
    otherAccount: 'gemini-2/gemini-3-pro',
  },
  deepseek: {
    first: 'deepseek/deepseek-reasoner',
    otherModel: 'deepseek/deepseek-v4',
    otherAccount: 'deepseek-2/deepseek-reasoner',
  },
}

let here: Simulator
let there: Simulator
beforeAll(async () => {
  here = await startSimulator({ account: 'here' })
  there = await startSimulator({ account: 'there' })
})
afterAll(() => Promise.all([here.close(), there.close()]))

const config = (issuer: IssuerId, secret: string) => `
secret: ${secret}
retries: 0
providers:
  foundry:    { type: azure-foundry, baseUrl: "${here.url}/anthropic", apiKey: key-1 }
  foundry-2:  { type: azure-foundry, baseUrl: "${there.url}/anthropic", apiKey: key-2 }
  azure:      { type: azure-openai, endpoint: "${here.url}", apiKey: key-1, protocol: responses }
  azure-2:    { type: azure-openai, endpoint: "${there.url}", apiKey: key-2, protocol: responses }
  gemini:     { type: gemini, baseUrl: "${here.url}", apiKey: key-1 }
  gemini-2:   { type: gemini, baseUrl: "${there.url}", apiKey: key-2 }
  deepseek:   { type: openai-compatible, preset: deepseek, baseUrl: "${here.url}/compatible/v1", apiKey: key-1, protocol: chat }
  deepseek-2: { type: openai-compatible, preset: deepseek, baseUrl: "${there.url}/compatible/v1", apiKey: key-2, protocol: chat }
models:
  two-targets: [${TARGETS[issuer].first}, ${TARGETS[issuer].otherAccount}]
`

const issuers = Object.keys(ISSUERS) as IssuerId[]
const clients = Object.keys(CLIENTS) as ClientId[]
const events = Object.keys(EVENTS) as EventId[]
const cells = issuers.flatMap((issuer) =>
  clients.flatMap((client) => events.map((event) => ({ issuer, client, event }))),
)

describe('the reasoning of a tool call', () => {
  it.each(cells)('of $issuer through $client, $event: as docs/fidelity.md says', async (cell) => {
    expect(await outcomeOf(cell)).toBe(REASONING_MATRIX[cell.issuer][cell.client][cell.event])
  })
})

type Cell = { readonly issuer: IssuerId; readonly client: ClientId; readonly event: EventId }

/** Holds the conversation of one cell; throws where the second turn fails. */
async function outcomeOf({ issuer, client, event }: Cell): Promise<Outcome> {
  for (const simulator of [here, there]) simulator.reset()
  const { first, otherModel } = TARGETS[issuer]
  const start = event === 'fallback' ? 'two-targets' : first
  let gateway = await startGateway({ config: config(issuer, 'secret-1') })
  here.enqueue({ thinking: THOUGHT, toolCalls: [{ name: 'look', input: { at: 'it' } }] })
  const speech = SPEECH[client]
  const opening = speech.opening(start)
  const given = await say(gateway, speech.path, opening)

  let model = start
  if (event === 'model') model = otherModel
  if (event === 'provider') model = TARGETS[issuer === 'claude' ? 'openai' : 'claude'].first
  if (event === 'restart' || event === 'other-secret') {
    await gateway.close()
    gateway = await startGateway({ config: config(issuer, event === 'restart' ? 'secret-1' : 'secret-2') })
  }
  if (event === 'fallback') here.respond(() => ({ error: { status: 503, message: 'busy' } }))
  const next = await say(gateway, speech.path, { ...speech.next(opening, given.json), model })

  const accepted = event === 'fallback' ? there.last : here.last
  if (holdsThought(accepted.bytes.toString())) return 'restored'
  return String(next.headers['x-dragoman-dropped']).includes('foreign-seal') ? 'left out' : 'without'
}

/** The simulator has checked the seal itself: it refuses any but its own. */
function holdsThought(sent: string): boolean {
  return (
    new RegExp(`"(?:signature|encrypted_content|thoughtSignature)":"${SEALED}\\.`).test(sent) ||
    sent.includes(`"reasoning_content":"${THOUGHT}"`)
  )
}

async function say(gateway: TestGateway, path: string, body: Wire) {
  const answer = await ask(gateway.url + path, { body: JSON.stringify(body) })
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`)
  return answer
}

/** How a client asks, and what it sends back of an answer. */
type Speech = {
  readonly path: string
  readonly opening: (model: string) => Wire
  readonly next: (body: Wire, answer: any) => Wire
}

const schema = { type: 'object', properties: {} }

const chat: Speech = {
  path: '/v1/chat/completions',
  opening: (model) => ({
    model,
    reasoning_effort: 'high',
    tools: [{ type: 'function', function: { name: 'look', parameters: schema } }],
    messages: [{ role: 'user', content: 'Look' }],
  }),
  next: (body, { choices: [{ message }] }) => ({
    ...body,
    messages: [
      ...body['messages'],
      message,
      { role: 'tool', tool_call_id: message.tool_calls[0].id, content: 'seen' },
    ],
  }),
}

const responses: Speech = {
  path: '/v1/responses',
  opening: (model) => ({
    model,
    store: false,
    include: ['reasoning.encrypted_content'],
    reasoning: { effort: 'high', summary: 'auto' },
    tools: [{ type: 'function', name: 'look', parameters: schema, strict: false }],
    input: [{ role: 'user', content: 'Look' }],
  }),
  next: (body, { output }) => ({
    ...body,
    input: [
      ...body['input'],
      ...output,
      { type: 'function_call_output', call_id: output.at(-1).call_id, output: 'seen' },
    ],
  }),
}

const SPEECH: Readonly<Record<ClientId, Speech>> = {
  messages: {
    path: '/v1/messages',
    opening: (model) => ({
      model,
      max_tokens: 9000,
      thinking: { type: 'adaptive' },
      tools: [{ name: 'look', input_schema: schema }],
      messages: [{ role: 'user', content: 'Look' }],
    }),
    next: (body, { content }) => ({
      ...body,
      messages: [
        ...body['messages'],
        { role: 'assistant', content },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: content.at(-1).id, content: 'seen' }],
        },
      ],
    }),
  },
  'chat-plain': {
    ...chat,
    next: (body, { choices: [{ message }] }) => {
      const { role, content, tool_calls } = message
      return chat.next(body, {
        choices: [{ message: { role, content, tool_calls: tool_calls.map(withoutExtras) } }],
      })
    },
  },
  'chat-returning': chat,
  responses,
  'responses-plain': {
    ...responses,
    next: (body, { output }) =>
      responses.next(body, { output: output.filter(({ type }: Wire) => type !== 'reasoning') }),
  },
}

/** Nothing but what the protocol knows. */
const withoutExtras = ({ id, type, function: { name, arguments: input } }: Wire): Wire => ({
  id,
  type,
  function: { name, arguments: input },
})
