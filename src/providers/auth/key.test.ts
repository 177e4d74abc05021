import { describe, expect, it } from 'vitest'
import type { ProviderCall } from '../provider.ts'
import { keyCredentials, type KeyHeader, type KeyOptions } from './key.ts'

const call: ProviderCall = {
  protocol: 'chat',
  operation: 'generate',
  model: 'm',
  stream: false,
  clientHeaders: {},
}

function credentials(options: Partial<KeyOptions>, ...names: KeyHeader[]) {
  return keyCredentials({
    name: 'azure',
    apiKey: 'secret-key',
    headers: () => names,
    missing: 'refuse',
    custom: {},
    ...options,
  })
}

describe('a key', () => {
  it.each<[KeyHeader[], Record<string, string>]>([
    [['api-key'], { 'api-key': 'secret-key' }],
    [['authorization'], { authorization: 'Bearer secret-key' }],
    [['x-goog-api-key'], { 'x-goog-api-key': 'secret-key' }],
    [['x-api-key', 'api-key'], { 'x-api-key': 'secret-key', 'api-key': 'secret-key' }],
  ])('goes into %j', async (names, headers) => {
    expect(await credentials({}, ...names).headers(call)).toEqual(headers)
  })

  it("is the client's own where the config says so", async () => {
    const own = credentials({ apiKey: 'client' }, 'api-key')
    expect(await own.headers({ ...call, clientKey: 'theirs' })).toEqual({ 'api-key': 'theirs' })
    await expect(own.headers(call)).rejects.toMatchObject({ code: 'unauthenticated', status: 401 })
  })

  it('that is a subscription token goes as Bearer', async () => {
    const own = credentials({ apiKey: 'client' }, 'x-api-key')
    expect(await own.headers({ ...call, clientKey: 'sk-ant-oat01-x' })).toEqual({
      authorization: 'Bearer sk-ant-oat01-x',
    })
  })

  it('that is missing is an error that names the config key', async () => {
    await expect(credentials({ apiKey: undefined }, 'api-key').headers(call)).rejects.toMatchObject({
      code: 'upstream-auth',
      message: expect.stringContaining('providers.azure.apiKey'),
    })
  })

  it('is not asked for by local servers, or where a custom header replaces it', async () => {
    expect(await credentials({ apiKey: undefined, missing: 'send-none' }, 'api-key').headers(call)).toEqual(
      {},
    )
    expect(
      await credentials({ apiKey: undefined, custom: { 'Api-Key': 'x' } }, 'api-key').headers(call),
    ).toEqual({})
  })
})
