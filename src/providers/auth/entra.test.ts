import { describe, expect, it } from 'vitest'
import type { ProviderCall } from '../provider.ts'
import { defaultCredential, entraCredentials, entraScope, type TokenCredential } from './entra.ts'

const call = {} as ProviderCall
const HOUR = 3_600_000

/** Credentials over a fake sign-in that numbers its tokens; `at` is the clock. */
function fake(getToken?: TokenCredential['getToken']) {
  const state = { at: 0, asked: [] as string[], signIns: 0 }
  const credentials = entraCredentials({
    name: 'entra',
    scope: 'https://ai.azure.com/.default',
    cloud: 'public',
    now: () => state.at,
    async credential() {
      state.signIns++
      return {
        async getToken(scope) {
          state.asked.push(scope)
          await Promise.resolve()
          return getToken?.(scope) ?? { token: `t${state.asked.length}`, expiresOnTimestamp: state.at + HOUR }
        },
      }
    },
  })
  const header = async () => (await credentials.headers(call))['authorization']
  return { state, header, refresh: () => credentials.refresh?.() }
}

describe('a token of Entra ID', () => {
  it('serves until five minutes before its end', async () => {
    const { state, header } = fake()
    expect(await header()).toBe('Bearer t1')
    state.at = HOUR - 5 * 60_000 - 1
    expect(await header()).toBe('Bearer t1')
    state.at++
    expect(await header()).toBe('Bearer t2')
    expect(state).toMatchObject({ asked: Array(2).fill('https://ai.azure.com/.default'), signIns: 1 })
  })

  it('is fetched once for requests that come together', async () => {
    const { state, header } = fake()
    expect(new Set(await Promise.all([header(), header(), header()]))).toEqual(new Set(['Bearer t1']))
    expect(state.asked).toHaveLength(1)
  })

  it('is replaced once when it was refused, by a sign-in without old caches', async () => {
    const { state, header, refresh } = fake()
    await header()
    expect(await Promise.all([refresh(), refresh()])).toEqual([true, true])
    expect(await header()).toBe('Bearer t2')
    expect(state).toMatchObject({ signIns: 2, asked: { length: 2 } })
  })

  it('is not replaced again right away: a missing role is not cured by tokens', async () => {
    const { state, header, refresh } = fake()
    await header()
    await refresh()
    await refresh()
    expect(state.asked).toHaveLength(2)
    state.at += 30_000
    await refresh()
    expect(state.asked).toHaveLength(3)
  })

  it('that comes back unchanged is not worth a retry', async () => {
    const { header, refresh } = fake(async () => ({ token: 'same', expiresOnTimestamp: HOUR }))
    await header()
    expect(await refresh()).toBe(false)
  })

  it('that is not to be had is an error which says how to sign in, and is asked for again', async () => {
    let fails = true
    const { header, refresh } = fake(async () => {
      if (fails) throw new Error('CredentialUnavailable\nwith a long trace')
      return { token: 'ok', expiresOnTimestamp: HOUR }
    })
    await expect(header()).rejects.toMatchObject({
      code: 'upstream-auth',
      message: expect.stringMatching(/^(?!.*trace).*CredentialUnavailable.*az login/s),
    })
    expect(await refresh()).toBe(false)
    fails = false
    expect(await header()).toBe('Bearer ok')
  })
})

describe('a refusal to sign in', () => {
  const told = async (error: Error) =>
    (await fake(() => Promise.reject(error))
      .header()
      .catch((thrown: Error) => thrown.message)) ?? ''

  it.each([
    [
      'AADSTS7000222: The provided client secret keys are expired. Trace ID: x',
      /AADSTS7000222.*expired\)\. .*make a new one/,
    ],
    ['AADSTS700016: Application with identifier was not found', /check both/],
    ['AADSTS90002: Tenant not found', /another cloud/],
    ['AADSTS700213: No matching federated identity record found', /another subject/],
    ['AADSTS700024: Client assertion is not within its valid time range.', /clock is wrong/],
    ['AADSTS53003: Access has been blocked by Conditional Access policies', /conditional access/],
    ['AADSTS1234567: Something new', /AADSTS1234567: Something new\)\. .*az login/],
  ])('%s', async (message, expected) => {
    expect(await told(new Error(`400: ${message}`))).toMatch(expected)
    const chain = Object.assign(new Error('ChainedTokenCredential failed\nmany lines'), {
      errors: [new Error('not installed'), new Error(message)],
    })
    expect(await told(chain)).toMatch(expected)
    expect(await told(chain)).not.toMatch(/Trace ID/)
  })
})

it('of a chain of credentials tells what the one said that is there', async () => {
  const chain = Object.assign(new Error('ChainedTokenCredential failed\nmany lines'), {
    errors: [
      new Error('EnvironmentCredential is unavailable. No underlying credential could be used.'),
      new Error('ManagedIdentityCredential: Network unreachable.'),
      new Error("Please run 'az login' from a command prompt.\nMore"),
      new Error('Unable to execute PowerShell.'),
    ],
  })
  const { header } = fake(() => Promise.reject(chain))
  await expect(header()).rejects.toThrow(/Entra ID \(Please run 'az login' from a command prompt\)\. /)
  chain.errors.splice(2, 1)
  await expect(header()).rejects.toThrow(
    /Entra ID \(ChainedTokenCredential failed\)\. Sign in with 'az login'/,
  )
})

describe('the scope', () => {
  it.each([
    ['public', 'v1', 'https://ai.azure.com/.default'],
    ['public', 'dated', 'https://cognitiveservices.azure.com/.default'],
    ['us', 'v1', 'https://cognitiveservices.azure.us/.default'],
    ['china', 'dated', 'https://cognitiveservices.azure.cn/.default'],
  ] as const)('in the %s cloud for the %s API is %s', (cloud, api, scope) => {
    expect(entraScope(cloud, api)).toBe(scope)
  })
})

const absent = () => Promise.reject(new Error("Cannot find package '@azure/identity'"))

describe('the chain of @azure/identity', () => {
  it('is told where the cloud signs in', async () => {
    class DefaultAzureCredential {
      readonly options: { readonly authorityHost: string }
      constructor(options: { readonly authorityHost: string }) {
        this.options = options
      }
    }
    expect(await defaultCredential('us', async () => ({ DefaultAzureCredential }))).toMatchObject({
      options: { authorityHost: 'https://login.microsoftonline.us' },
    })
  })

  it('asks to be installed when it is absent', async () => {
    await expect(defaultCredential('public', absent)).rejects.toMatchObject({
      code: 'upstream-auth',
      message: expect.stringContaining('npm install @azure/identity'),
    })
  })
})
