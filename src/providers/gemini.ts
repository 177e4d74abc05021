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
  return {
    ...settingsOf(config, { dialects: { chat: compatibleChat }, protocols: () => ['gemini'] }),
    async request(call) {
      const headers = async () => requestHeaders(await credentials.headers(call), config.headers)
      if (call.protocol === 'chat' && call.operation === 'generate') {
        return { url: under(base, '/v1beta/openai/chat/completions'), headers: await headers() }
      }
      if (call.protocol !== 'gemini') throw notSpoken(name, call)
      // Names may come as Google lists them.
      const model = encodeURIComponent(call.model.replace(/^models\//, ''))
      const path = `/v1beta/models/${model}`
      if (call.operation === 'count-tokens') {
        return { url: under(base, `${path}:countTokens`), headers: await headers() }
      }
      // Without `alt=sse` the stream is one JSON array.
      return call.stream
        ? { url: under(base, `${path}:streamGenerateContent`, { alt: 'sse' }), headers: await headers() }
        : { url: under(base, `${path}:generateContent`), headers: await headers() }
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
