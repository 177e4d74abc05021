import type { ProviderConfig } from '../../src/providers/config.ts'
import { createProvider } from '../../src/providers/index.ts'
import type { Provider, ProviderCall } from '../../src/providers/provider.ts'

/** A provider called `p` with the key `k`; signing in to Entra gives the scope as the token. */
export function provider(type: ProviderConfig['type'], config: object = {}): Provider {
  const complete = {
    name: 'p',
    type,
    apiKey: 'k',
    auth: 'key',
    headers: {},
    timeouts: { connect: 1, firstByte: 2, idle: 3 },
    retries: 2,
    models: {},
    dialect: {},
    ...config,
  } as ProviderConfig
  return createProvider(complete, {
    credential: async () => ({
      getToken: async (scope) => ({ token: scope, expiresOnTimestamp: Infinity }),
    }),
  })
}

/** A call that generates, from a client without headers. */
export function call(
  protocol: ProviderCall['protocol'],
  model = 'm',
  extra: Partial<ProviderCall> = {},
): ProviderCall {
  return { protocol, model, operation: 'generate', stream: false, clientHeaders: {}, ...extra }
}
