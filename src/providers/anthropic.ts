import { keyCredentials } from './auth/key.ts'
import type { SimpleConfig } from './config.ts'
import { explain, keyHint } from './explain.ts'
import { anthropicHeaders, requestHeaders } from './headers.ts'
import { notSpoken } from './not-spoken.ts'
import type { Provider } from './provider.ts'
import { settingsOf } from './settings.ts'
import { isLoopback, readUrl, under, withoutEnding } from './url.ts'

/** Anthropic's own API, or a server that imitates it. */
export function anthropic(config: SimpleConfig): Provider {
  const { name } = config
  const field = `providers.${name}.baseUrl`
  const base = withoutEnding(
    readUrl(config.baseUrl ?? 'https://api.anthropic.com', field),
    '/v1/messages',
    '/v1',
  )
  const credentials = keyCredentials({
    name,
    apiKey: config.apiKey,
    headers: () => ['x-api-key'],
    missing: isLoopback(base) ? 'send-none' : 'refuse',
    custom: config.headers,
  })
  const address: Provider['address'] = (call) => {
    if (call.protocol !== 'messages') throw notSpoken(name, call)
    return under(base, call.operation === 'count-tokens' ? '/v1/messages/count_tokens' : '/v1/messages')
  }
  return {
    ...settingsOf(config, { dialects: {}, protocols: () => ['messages'] }),
    address,
    async request(call) {
      const url = address(call)
      const version = anthropicHeaders(call.clientHeaders, config.anthropicVersion)
      return {
        url,
        headers: requestHeaders({ ...version, ...(await credentials.headers(call)) }, config.headers),
      }
    },
    counts: (protocol) => protocol === 'messages',
    explain: (error, model) =>
      explain(error, model, {
        notFound: () => `${base.host} does not offer '${model}' to this key; see its /v1/models`,
        refused: () => keyHint(name, config.apiKey, 'x-api-key', base.host),
        unreachable: `Check ${field}: the host is ${base.host}`,
      }),
  }
}
