import { keyCredentials } from './auth/key.ts'
import { openaiCarrier } from './carrier.ts'
import type { OpenaiConfig } from './config.ts'
import { explain, keyHint } from './explain.ts'
import { requestHeaders } from './headers.ts'
import { openaiPath } from './openai-path.ts'
import type { Provider } from './provider.ts'
import { openaiProtocols, settingsOf } from './settings.ts'
import { isLoopback, readUrl, under, withoutEnding } from './url.ts'

/** OpenAI's own API. Organization and project go into the config's `headers`. */
export function openai(config: OpenaiConfig): Provider {
  const { name } = config
  const field = `providers.${name}.baseUrl`
  const base = withoutEnding(
    readUrl(config.baseUrl ?? 'https://api.openai.com/v1', field),
    '/chat/completions',
    '/responses',
  )
  const credentials = keyCredentials({
    name,
    apiKey: config.apiKey,
    headers: () => ['authorization'],
    missing: isLoopback(base) ? 'send-none' : 'refuse',
    custom: config.headers,
  })
  const address: Provider['address'] = (call) => under(base, openaiPath(name, call))
  return {
    ...settingsOf(config, { dialects: {}, protocols: openaiProtocols }),
    address,
    async request(call) {
      const url = address(call)
      return { url, headers: requestHeaders(await credentials.headers(call), config.headers) }
    },
    carrier: openaiCarrier({
      url: ({ path }) => under(base, path),
      ...(config.anyPath === true && {
        anyPath: { base, key: config.apiKey === 'client' ? 'client' : 'gateway' },
      }),
      credentials,
      custom: config.headers,
    }),
    counts: (protocol) => protocol === 'responses',
    explain: (error, model) =>
      explain(error, model, {
        notFound: () => `${base.host} does not offer '${model}' to this key; see its /v1/models`,
        refused: () => keyHint(name, config.apiKey, 'authorization: Bearer', base.host),
        unreachable: `Check ${field}: the host is ${base.host}`,
      }),
  }
}
