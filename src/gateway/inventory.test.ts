import { describe, expect, test } from 'vitest'
import { provider } from '../../test/support/provider.ts'
import { silentLogger } from '../log.ts'
import type { Clock } from '../stream/clock.ts'
import type { Upstream, UpstreamRequest } from '../upstream/upstream.ts'
import { Inventories } from './inventory.ts'
import { listModels } from './listing.ts'

const azure = provider('azure-openai', {
  name: 'azure',
  endpoint: 'acme',
  auth: 'entra',
  subscription: 's',
  resourceGroup: 'g',
})

function deployment(name: string, model: string, provisioningState = 'Succeeded') {
  return { name, properties: { model: { name: model }, provisioningState } }
}

/** A clock that stands still until told, and timers that fire by hand. */
class HandClock implements Clock {
  time = 0
  readonly timers = new Set<() => void>()
  now(): number {
    return this.time
  }
  setTimeout(callback: () => void): unknown {
    this.timers.add(callback)
    return callback
  }
  clearTimeout(timer: unknown): void {
    this.timers.delete(timer as () => void)
  }
}

function upstreamOf(answer: (request: UpstreamRequest) => Promise<{ status?: number; body: object }>) {
  const asked: UpstreamRequest[] = []
  const upstream = {
    async send(request: UpstreamRequest) {
      asked.push(request)
      const { status = 200, body } = await answer(request)
      return { status, headers: {}, bytes: async () => Buffer.from(JSON.stringify(body)) }
    },
    close: async () => {},
  } as unknown as Upstream
  return { upstream, asked }
}

const idsOf = async (inventories: Inventories) =>
  listModels([], new Map([['azure', azure]]), await inventories.current()).map(({ id }) => id)

describe('the deployments that Azure tells of', () => {
  test('are listed, page by page, when they serve', async () => {
    const next = 'https://management.azure.com/next'
    const { upstream, asked } = upstreamOf(async ({ url }) =>
      url === next
        ? { body: { value: [deployment('small', 'gpt-5-mini')] } }
        : {
            body: {
              value: [deployment('big', 'gpt-5.2'), deployment('new', 'gpt-5.2', 'Creating')],
              nextLink: next,
            },
          },
    )
    const inventories = new Inventories([azure], { upstream, log: silentLogger, clock: new HandClock() })
    const listing = listModels([], new Map([['azure', azure]]), await inventories.current())
    expect(listing.map(({ id }) => id)).toEqual(['azure/big', 'azure/small'])
    expect(listing[0]?.contextWindow).toBe(azure.profile('gpt-5.2').contextWindow)
    expect(asked.map(({ headers }) => headers['authorization'])).toEqual(
      Array(2).fill('Bearer https://management.azure.com/.default'),
    )
  })

  test('never send the token to another host', async () => {
    const { upstream, asked } = upstreamOf(async () => ({
      body: { value: [], nextLink: 'https://evil.example/x' },
    }))
    await new Inventories([azure], { upstream, log: silentLogger, clock: new HandClock() }).current()
    expect(asked).toHaveLength(1)
  })

  test('are not waited for beyond patience, and are there the next time', async () => {
    const late = Promise.withResolvers<{ body: object }>()
    const { upstream } = upstreamOf(() => late.promise)
    const clock = new HandClock()
    const inventories = new Inventories([azure], { upstream, log: silentLogger, clock })
    const first = idsOf(inventories)
    for (const fire of clock.timers) fire()
    expect(await first).toEqual([])
    late.resolve({ body: { value: [deployment('big', 'gpt-5.2')] } })
    await expect.poll(() => idsOf(inventories)).toEqual(['azure/big'])
  })

  test('are kept, and asked for again after a while, in the background', async () => {
    let names = ['one']
    const { upstream, asked } = upstreamOf(async () => ({
      body: { value: names.map((name) => deployment(name, 'm')) },
    }))
    const clock = new HandClock()
    const inventories = new Inventories([azure], { upstream, log: silentLogger, clock })
    expect(await idsOf(inventories)).toEqual(['azure/one'])
    names = ['two']
    expect(await idsOf(inventories)).toEqual(['azure/one'])
    expect(asked).toHaveLength(1)
    clock.time = 601_000
    expect(await idsOf(inventories)).toEqual(['azure/one'])
    await expect.poll(() => idsOf(inventories)).toEqual(['azure/two'])
    expect(asked).toHaveLength(2)
  })

  test('that cannot be had leave the config’s list alone, and the log says why', async () => {
    const said: unknown[] = []
    const log = {
      ...silentLogger,
      warn: (message: string, fields?: object) => void said.push([message, fields]),
    }
    const { upstream } = upstreamOf(async () => ({ status: 403, body: { error: { message: 'no role' } } }))
    expect(await idsOf(new Inventories([azure], { upstream, log, clock: new HandClock() }))).toEqual([])
    expect(said).toEqual([
      [expect.stringContaining('from the config'), expect.objectContaining({ provider: 'azure' })],
    ])
  })
})
