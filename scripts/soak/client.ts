import { request, type Agent } from 'node:http'
import { judge, wordsOf, type ClientProtocol } from '../../test/e2e/errors/clients.ts'
import { readSse } from '../../test/support/sse.ts'
import { pick } from './chance.ts'
import { TAG } from './tag.ts'

/** How one request ended; anything but these is a violation. */
export type Ending = 'success' | 'error in stream' | 'error status' | 'left'
export type Verdict = { readonly ending: Ending } | { readonly violation: string }

type Told = {
  readonly status: number
  readonly type: string
  readonly lane: string
  readonly text: string
}

const ROUTES: Readonly<Record<ClientProtocol | 'completions', string>> = {
  messages: '/v1/messages',
  chat: '/v1/chat/completions',
  responses: '/v1/responses',
  completions: '/v1/completions',
}

const MODELS = [
  'azure/gpt-4.1',
  'responses/gpt-4.1',
  'foundry/claude-sonnet-4-5',
  'gemini/gemini-2.5-pro',
  'both',
  'shared',
] as const

/** Nobody answers later than this: the limits of the gateway are far below. Milliseconds. */
const PATIENCE = 60_000

/** Sends one request of a random kind, perhaps leaves in the middle, and judges what came. */
export async function visit(url: string, agent: Agent, tag: string, draw: () => number): Promise<Verdict> {
  const client = pick<keyof typeof ROUTES>(draw, [
    [4, 'messages'],
    [3, 'chat'],
    [3, 'responses'],
    [1, 'completions'],
  ])
  const model = MODELS[Math.floor(draw() * MODELS.length)] ?? 'both'
  const stream = draw() < 0.85
  const leaveAfter = draw() < 0.12 ? draw() * 600 : undefined
  const filler = 'words on words '.repeat(Math.floor(draw() ** 4 * 4_000))
  const body = bodyFor(client, model, stream, `${tag} ${filler}`)
  const what = `${client} to ${model}${stream ? ', streamed' : ''}, ${tag}`
  const told = await send(`${url}${ROUTES[client]}`, agent, body, leaveAfter)
  if (told === 'left') return { ending: 'left' }
  if (told instanceof Error) return { violation: `${what}: ${told.message}` }
  const foreign = [...told.text.matchAll(new RegExp(TAG, 'g'))].find(([found]) => found !== tag)
  if (foreign !== undefined) return { violation: `${what}: holds ${foreign[0]} of another request` }
  return await judgeAnswer(client, told, tag, what)
}

async function judgeAnswer(
  client: keyof typeof ROUTES,
  { status, type, lane, text }: Told,
  tag: string,
  what: string,
): Promise<Verdict> {
  if (status !== 200)
    return isError(text) ? { ending: 'error status' } : { violation: `${what}: ${status} ${text}` }
  if (!type.includes('event-stream'))
    return text.includes(tag)
      ? { ending: 'success' }
      : { violation: `${what}: answer without its tag: ${text}` }
  const read = await readSse(new Response(text))
  const words = wordsOf(read.events)
  // Azure begins its streams with a chunk that is none; what is relayed keeps it.
  if (client === 'completions' || (client === 'chat' && lane === 'passthrough')) {
    const ends = text.split('data: [DONE]').length - 1 + (text.split('data: {"error"').length - 1)
    return ends === 1
      ? successOf(text.includes('[DONE]'), words, tag, what)
      : { violation: `${what}: ${ends} terminal events: ${text.slice(-300)}` }
  }
  const { faults, ending } = judge(client, read)
  if (faults.length > 0 || ending === 'none')
    return { violation: `${what}: ${faults.join('; ')} (${ending}): ${text.slice(-300)}` }
  return successOf(ending === 'success', words, tag, what)
}

/** A whole answer says its tag, and no other; a torn one may have begun with it. */
function successOf(isWhole: boolean, words: string, tag: string, what: string): Verdict {
  const foreign = [...words.matchAll(new RegExp(TAG, 'g'))].find(([found]) => found !== tag)
  if (foreign !== undefined) return { violation: `${what}: holds ${foreign[0]} of another request` }
  if (!isWhole) return { ending: 'error in stream' }
  return words.includes(tag)
    ? { ending: 'success' }
    : { violation: `${what}: success without its tag: ${words}` }
}

function isError(text: string): boolean {
  try {
    return typeof JSON.parse(text).error.message === 'string'
  } catch {
    return false
  }
}

function bodyFor(client: keyof typeof ROUTES, model: string, stream: boolean, prompt: string): string {
  const messages = [{ role: 'user', content: prompt }]
  switch (client) {
    case 'messages':
      return JSON.stringify({
        model,
        stream,
        max_tokens: 500,
        messages,
        tools: [{ name: 'look', input_schema: SCHEMA }],
      })
    case 'chat': {
      const tools = [{ type: 'function', function: { name: 'look', parameters: SCHEMA } }]
      return JSON.stringify({ model, stream, messages, tools })
    }
    case 'responses': {
      const tools = [{ type: 'function', name: 'look', parameters: SCHEMA }]
      return JSON.stringify({ model, stream, input: prompt, store: false, tools })
    }
    case 'completions':
      return JSON.stringify({ model, stream, prompt, max_tokens: 500 })
  }
}

const SCHEMA = { type: 'object', properties: {} }

function send(url: string, agent: Agent, body: string, leaveAfter?: number): Promise<Told | 'left' | Error> {
  return new Promise((resolve) => {
    let left = false
    const done = (outcome: Told | Error) => {
      clearTimeout(timer)
      clearTimeout(patience)
      resolve(left ? 'left' : outcome)
    }
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const outgoing = request(url, { method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', () => done(new Error('the connection broke in the answer')))
      response.on('end', () =>
        done({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          lane: String(response.headers['x-dragoman-lane']),
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      )
    })
    const leave = () => {
      left = true
      outgoing.destroy()
    }
    const timer = leaveAfter === undefined ? undefined : setTimeout(leave, leaveAfter)
    const patience = setTimeout(() => outgoing.destroy(new Error(`no end after ${PATIENCE} ms`)), PATIENCE)
    outgoing.on('error', done)
    outgoing.end(body)
  })
}
