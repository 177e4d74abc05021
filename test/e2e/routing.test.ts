import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/index.ts'
import type { ReceivedRequest } from '../../src/simulator/received.ts'
import type { Answer } from '../../src/simulator/script.ts'
import { ask } from '../support/ask.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { pngBase64 } from '../support/png.ts'

const PROVIDERS = `
timeouts: { connect: 2s, firstByte: 2s, idle: 2s }
retries: 0
providers:
  east: { type: openai-compatible, baseUrl: "$UPSTREAM/compatible/v1", apiKey: east-key-1 }
  west: { type: openai-compatible, baseUrl: "$UPSTREAM/compatible/v1", apiKey: west-key-1 }
  gone: { type: openai-compatible, baseUrl: "http://127.0.0.1:9/v1", apiKey: gone-key-1 }
`

const BUSY: Answer = { error: { status: 429, message: 'slow down', headers: { 'retry-after-ms': '400' } } }
const LONG_BUSY: Answer = { error: { status: 429, message: 'slow down', headers: { 'retry-after': '30' } } }
const BROKEN: Answer = { error: { status: 500, message: 'oops' } }

const regionOf = (request: ReceivedRequest) =>
  request.headers['authorization']?.includes('east') ? 'east' : 'west'

/** A gateway whose regions answer as `state` says; well when it says nothing. */
async function regions(models: string, extra = '') {
  const state: { east?: Answer | undefined; west?: Answer | undefined } = {}
  const gateway = await startGateway({ config: `${PROVIDERS}models:\n${models}\n${extra}` })
  gateway.simulator.respond((request) => state[regionOf(request)] ?? { text: 'fine' })
  return { ...gateway, state }
}

type Sending = {
  readonly model?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly content?: unknown
  readonly extra?: object
}

const send = (
  { url }: Pick<TestGateway, 'url'>,
  { model = 'x', headers, content = 'Hi', extra }: Sending = {},
) =>
  ask(`${url}/v1/messages`, {
    headers: headers ?? {},
    body: JSON.stringify({ model, max_tokens: 100, messages: [{ role: 'user', content }], ...extra }),
  })

const target = async (gateway: Pick<TestGateway, 'url'>, sending?: Sending) =>
  (await send(gateway, sending)).headers['x-dragoman-target']

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('a rate limit', () => {
  it('spills over at once, keeps spilling without asking, and returns when the window has passed', async () => {
    const gateway = await regions('  x: [east/gpt, west/gpt]')
    expect(await target(gateway)).toBe('east/gpt')
    gateway.state.east = BUSY
    const burst = await Promise.all(Array.from({ length: 8 }, () => target(gateway)))
    expect(new Set(burst)).toEqual(new Set(['west/gpt']))
    gateway.simulator.reset()
    gateway.simulator.respond((request) => gateway.state[regionOf(request)] ?? { text: 'fine' })
    expect(await target(gateway)).toBe('west/gpt')
    expect(gateway.simulator.requests.map(regionOf)).toEqual(['west'])
    gateway.state.east = undefined
    await later(450)
    expect(await target(gateway)).toBe('east/gpt')
  })

  it('spills from provisioned peers to pay-as-you-go behind them', async () => {
    const gateway = await regions('  x: [{ balance: [east/ptu-1, east/ptu-2] }, west/paygo]')
    expect(await target(gateway)).toMatch(/east\/ptu/)
    gateway.state.east = LONG_BUSY
    expect(await target(gateway)).toBe('west/paygo')
    expect(gateway.simulator.requests.map(regionOf)).toEqual(['east', 'east', 'east', 'west'])
  })

  it('in the first event of a stream spills over as well', async () => {
    const gateway = await regions('  x: [east/gpt, west/gpt]')
    gateway.state.east = {
      text: 'never',
      faults: {
        inStreamError: { status: 429, message: 'slow down', code: 'rate_limit_exceeded', afterEvents: 0 },
      },
    }
    const answer = await fetch(`${gateway.url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'x',
        max_tokens: 9,
        stream: true,
        messages: [{ role: 'user', content: 'Hi' }],
      }),
    })
    expect(answer.headers.get('x-dragoman-target')).toBe('west/gpt')
    expect(await answer.text()).toContain('message_stop')
  })

  it('of all targets is told with the shortest wait, without asking them again', async () => {
    const gateway = await regions('  x: [east/gpt, west/gpt]')
    gateway.state.east = LONG_BUSY
    gateway.state.west = { error: { status: 429, message: 'slow down', headers: { 'retry-after': '20' } } }
    for (const asked of [2, 2]) {
      const answer = await send(gateway)
      expect(answer.status).toBe(429)
      expect(answer.json.error.type).toBe('rate_limit_error')
      expect(answer.headers['retry-after']).toBe('20')
      expect(answer.headers['x-should-retry']).toBeUndefined()
      expect(gateway.simulator.requests).toHaveLength(asked)
    }
    const again = await send(gateway)
    expect(again.json.error.message).toMatch(/east\/gpt is limited.*west\/gpt is limited/)
  })

  it('that ends soon everywhere is waited for', async () => {
    const gateway = await regions('  x: [east/gpt, west/gpt]')
    gateway.state.east = LONG_BUSY
    gateway.state.west = BUSY
    expect((await send(gateway)).status).toBe(429)
    gateway.state.west = undefined
    expect(await target(gateway)).toBe('west/gpt')
  })

  it('is not waited for by a client that leaves', async () => {
    const gateway = await regions('  x: [east/gpt, west/gpt]')
    gateway.state.east = LONG_BUSY
    gateway.state.west = { error: { status: 429, message: 'slow', headers: { 'retry-after-ms': '1500' } } }
    await send(gateway)
    const abort = new AbortController()
    const waiting = fetch(`${gateway.url}/v1/messages`, {
      method: 'POST',
      body: JSON.stringify({ model: 'x', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }),
      signal: abort.signal,
    })
    await expect.poll(() => gateway.log.some((line) => line['message'] === 'waiting for a target')).toBe(true)
    abort.abort()
    await expect(waiting).rejects.toThrow('aborted')
    await expect.poll(() => gateway.log.some((line) => line['message'] === 'client went away')).toBe(true)
    expect(gateway.simulator.requests).toHaveLength(2)
  })

  it('of the only target is asked about every time', async () => {
    const gateway = await regions('  x: east/gpt')
    gateway.state.east = LONG_BUSY
    expect((await send(gateway)).headers['retry-after']).toBe('30')
    gateway.state.east = undefined
    expect((await send(gateway)).status).toBe(200)
  })

  it('survives a reload of the config', async () => {
    const gateway = await regions('  x: [east/gpt, west/gpt]')
    gateway.state.east = LONG_BUSY
    await send(gateway)
    const yaml = `${PROVIDERS}models: { x: [east/gpt, west/gpt], y: east/gpt }`
    await gateway.gateway.reload(parseConfig(yaml.replaceAll('$UPSTREAM', gateway.simulator.url)))
    gateway.simulator.reset()
    expect(await target(gateway)).toBe('west/gpt')
    expect(gateway.simulator.requests).toHaveLength(1)
  })
})

describe('a target that fails', () => {
  it(
    'is put aside after five failures, probed by one request, and taken back',
    { timeout: 20_000 },
    async () => {
      const gateway = await regions('  x: [east/gpt, west/gpt]')
      gateway.state.east = BROKEN
      for (let time = 0; time < 5; time++) expect(await target(gateway)).toBe('west/gpt')
      expect(gateway.log).toContainEqual(
        expect.objectContaining({ message: 'target is put aside', target: 'east/gpt', because: 'failing' }),
      )
      const asked = () => gateway.simulator.requests.filter((request) => regionOf(request) === 'east').length
      expect(asked()).toBe(5)
      await target(gateway)
      expect(asked()).toBe(5)

      gateway.state.east = { text: 'slow but well', faults: { firstByteDelayMs: 300 } }
      await later(6_300)
      const answers = await Promise.all(Array.from({ length: 6 }, () => target(gateway)))
      expect(answers.filter((name) => name === 'east/gpt')).toHaveLength(1)
      expect(asked()).toBe(6)
      expect(await target(gateway)).toBe('east/gpt')
    },
  )

  it('to be reached takes all models of its provider with it', async () => {
    const gateway = await regions('  x: [gone/a, west/gpt]\n  y: [gone/b, west/gpt]')
    for (let time = 0; time < 3; time++) expect(await target(gateway)).toBe('west/gpt')
    expect(gateway.log).toContainEqual(
      expect.objectContaining({ message: 'target is put aside', target: 'gone' }),
    )
    const before = gateway.log.length
    expect(await target(gateway, { model: 'y' })).toBe('west/gpt')
    expect(gateway.log.slice(before).find((line) => line['message'] === 'answered')?.['attempts']).toBe(1)
  })

  it('with all the others gets a clear error that says when to come back', async () => {
    const gateway = await regions('  x: [east/gpt, west/gpt]')
    gateway.state.east = BROKEN
    gateway.state.west = BROKEN
    for (let time = 0; time < 5; time++) {
      const answer = await send(gateway)
      expect(answer.status).toBe(500)
      expect(answer.headers['x-should-retry']).toBe('false')
    }
    const answer = await send(gateway)
    expect(answer.status).toBe(503)
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(7)
    expect(answer.headers['x-should-retry']).toBeUndefined()
    expect(answer.json.error.message).toMatch(/east\/gpt is failing \(oops.*west\/gpt is failing/)
    expect(gateway.simulator.requests).toHaveLength(10)
  })

  it('says that retries are no use in a relayed error as well', async () => {
    const gateway = await regions('  x: [east/gpt, west/gpt]')
    gateway.state.east = BROKEN
    gateway.state.west = BROKEN
    const answer = await ask(`${gateway.url}/v1/chat/completions`, {
      body: JSON.stringify({ model: 'x', messages: [{ role: 'user', content: 'Hi' }] }),
    })
    expect(answer.status).toBe(500)
    expect(answer.headers['x-should-retry']).toBe('false')
    expect(answer.headers['x-dragoman-lane']).toBe('passthrough')
  })

  it('is not blamed for what clients do: bad requests, departures, filtered content', async () => {
    const gateway = await regions('  x: [east/gpt, west/gpt]')
    gateway.state.east = { error: { status: 400, message: 'bad thing' } }
    for (let time = 0; time < 8; time++) await send(gateway)
    gateway.state.east = { text: 'x', faults: { firstByteDelayMs: 1_000 } }
    for (let time = 0; time < 6; time++) {
      const arrived = gateway.simulator.next()
      const abort = new AbortController()
      const left = fetch(`${gateway.url}/v1/messages`, {
        method: 'POST',
        body: JSON.stringify({ model: 'x', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }),
        signal: abort.signal,
      }).catch(() => {})
      await arrived
      abort.abort()
      await left
    }
    gateway.state.east = undefined
    expect(await target(gateway)).toBe('east/gpt')
  })
})

describe('affinity', () => {
  const models = '  x: { balance: [east/gpt, west/gpt] }'

  it('keeps every session where it is and spreads them over the regions', async () => {
    const gateway = await regions(models)
    const homes = new Map<string, string | string[] | undefined>()
    for (const time of [1, 2]) {
      for (let index = 0; index < 16; index++) {
        const session = `session-${index}`
        const home = await target(gateway, {
          headers: { 'x-claude-code-session-id': session },
          content: `turn ${time}`,
        })
        expect(homes.get(session) ?? home).toBe(home)
        homes.set(session, home)
      }
    }
    expect(new Set(homes.values())).toEqual(new Set(['east/gpt', 'west/gpt']))
  })

  it('moves a session while its region is limited, and moves it back', async () => {
    const gateway = await regions(models)
    const sending = { headers: { 'session-id': 'one' } }
    const home = await target(gateway, sending)
    const region = home === 'east/gpt' ? 'east' : 'west'
    gateway.state[region] = BUSY
    expect(await target(gateway, sending)).not.toBe(home)
    gateway.state[region] = undefined
    await later(450)
    expect(await target(gateway, sending)).toBe(home)
  })

  it('sends sealed reasoning back to the region that sealed it, whatever session the client claims', async () => {
    const gateway = await startGateway({
      config: `
providers:
  east: { type: anthropic, baseUrl: "$UPSTREAM", apiKey: east-key-1 }
  west: { type: anthropic, baseUrl: "$UPSTREAM", apiKey: west-key-1 }
models:
  x: { balance: [east/claude-sonnet-4-6, west/claude-sonnet-4-6] }`,
    })
    const responses = (session: string, input: unknown) =>
      ask(`${gateway.url}/v1/chat/completions`, {
        headers: { 'session-id': session },
        body: JSON.stringify({ model: 'x', messages: input, reasoning_effort: 'high', max_tokens: 4000 }),
      })
    gateway.simulator.respond(() => ({ thinking: 'Let me think.', text: 'Thought.' }))
    const user = { role: 'user', content: 'Hi' }
    const first = await responses('one', [user])
    const home = first.headers['x-dragoman-target']
    const { message } = first.json.choices[0]
    expect(JSON.stringify(message)).toContain('"dg1.')
    for (const session of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const next = await responses(session, [user, message, { role: 'user', content: 'Go on' }])
      expect(next.headers['x-dragoman-target']).toBe(home)
    }
  })
})

describe('rules by request', () => {
  const models = `  "claude-*":
    - { target: east/tiny, when: { class: [auxiliary, side_reply] } }
    - { target: east/agents, when: { agent: true } }
    - { target: east/eyes, when: { images: true } }
    - { target: east/thinker, when: { thinking: true } }
    - { target: east/long, when: { minTokens: 3000 } }
    - { target: east/hands, when: { tools: true } }
    - west/main`
  const claude = (sending: Sending) => ({ model: 'claude-x', ...sending })
  const image = {
    type: 'base64',
    media_type: 'image/png',
    data: pngBase64({ width: 2, height: 2, rgb: [1, 2, 3] }),
  }

  it.each<readonly [string, Sending]>([
    ['east/tiny', { headers: { 'x-claude-code-request-class': 'auxiliary' } }],
    ['east/agents', { headers: { 'x-claude-code-agent-id': 'a1' } }],
    ['east/eyes', { content: [{ type: 'image', source: image }] }],
    [
      'east/eyes',
      {
        extra: {
          messages: [
            { role: 'user', content: 'Look' },
            { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'Read', input: {} }] },
            {
              role: 'user',
              content: [
                { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'image', source: image }] },
              ],
            },
          ],
          tools: [{ name: 'Read', input_schema: { type: 'object' } }],
        },
      },
    ],
    ['east/thinker', { extra: { max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 2000 } } }],
    ['east/long', { content: 'many words '.repeat(2000) }],
    ['east/hands', { extra: { tools: [{ name: 'Read', input_schema: { type: 'object' } }] } }],
    ['west/main', { headers: { 'x-claude-code-request-class': 'main' } }],
    ['west/main', { extra: { thinking: { type: 'disabled' } } }],
  ])('%s gets its requests (%#)', async (wanted, sending) => {
    const gateway = await regions(models)
    expect(await target(gateway, claude(sending))).toBe(wanted)
  })

  it('falls back on the rest of the list', async () => {
    const gateway = await regions(models)
    gateway.state.east = BROKEN
    expect(await target(gateway, claude({ headers: { 'x-claude-code-request-class': 'side_reply' } }))).toBe(
      'west/main',
    )
  })

  it('counts tokens where the request itself would go', async () => {
    const gateway = await regions(models)
    const answer = await ask(`${gateway.url}/v1/messages/count_tokens`, {
      body: JSON.stringify({
        model: 'claude-x',
        messages: [{ role: 'user', content: 'word '.repeat(6000) }],
      }),
    })
    expect(answer.status).toBe(200)
    expect(answer.headers['x-dragoman-target']).toBe('east/long')
  })

  it('says so when no rule takes a request', async () => {
    const gateway = await regions('  x: { target: east/gpt, when: { images: true } }')
    const answer = await send(gateway)
    expect(answer.status).toBe(404)
    expect(answer.json.error.message).toMatch(/other requests than this one \(images\)/)
  })
})
