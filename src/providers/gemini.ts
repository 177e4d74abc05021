import { keyCredentials } from './auth/key.ts'
import type { SimpleConfig } from './config.ts'
import { explain, keyHint } from './explain.ts'
import { requestHeaders } from './headers.ts'
import { notSpoken } from './not-spoken.ts'
import { compatibleChat } from './presets.ts'
import type { Provider } from './provider.ts'
import { settingsOf } from './settings.ts'
import { isLoopback, readUrl, under, withoutEnding } from './url.ts'

/**
 * Google's Gemini API. `protocol: chat` in the config speaks to its OpenAI-compatible layer instead
 * (ai.google.dev/gemini-api/docs/openai).
 */
export function gemini(config: SimpleConfig): Provider {
  const { name } = config
  const field = `providers.${name}.baseUrl`
  const base = withoutEnding(
    readUrl(config.baseUrl ?? 'https://generativelanguage.googleapis.com', field),
    '/v1beta/openai',
    '/v1beta/models',
    '/v1beta',
  )
  const credentials = keyCredentials({
    name,
    apiKey: config.apiKey,
    headers: (call) => (call.protocol === 'chat' ? ['authorization'] : ['x-goog-api-key']),
    missing: isLoopback(base) ? 'send-none' : 'refuse',
    custom: config.headers,
  })
  const address: Provider['address'] = (call) => {
    if (call.protocol === 'chat' && call.operation === 'generate') {
      return under(base, '/v1beta/openai/chat/completions')
    }
    if (call.protocol !== 'gemini') throw notSpoken(name, call)
    // Names may come as Google lists them.
    const path = `/v1beta/models/${encodeURIComponent(call.model.replace(/^models\//, ''))}`
    if (call.operation === 'count-tokens') return under(base, `${path}:countTokens`)
    // Without `alt=sse` the stream is one JSON array.
    return call.stream
      ? under(base, `${path}:streamGenerateContent`, { alt: 'sse' })
      : under(base, `${path}:generateContent`)
  }
  return {
    ...settingsOf(config, { dialects: { chat: compatibleChat }, protocols: () => ['gemini'] }),
    address,
    async request(call) {
      const url = address(call)
      return { url, headers: requestHeaders(await credentials.headers(call), config.headers) }
    },
    counts: (protocol) => protocol === 'gemini',
    explain: (error, model) =>
      explain(error, model, {
        notFound: () => `${base.host} does not offer '${model}' to this key; see its /v1beta/models`,
        refused: () => keyHint(name, config.apiKey, 'x-goog-api-key', base.host),
        unreachable: `Check ${field}: the host is ${base.host}`,
      }),
  }
}
