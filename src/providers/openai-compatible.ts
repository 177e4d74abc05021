import { invalidRequest } from '../errors.ts'
import { keyCredentials } from './auth/key.ts'
import { openaiCarrier } from './carrier.ts'
import type { CompatibleConfig } from './config.ts'
import { explain, keyHint } from './explain.ts'
import { anthropicHeaders, requestHeaders } from './headers.ts'
import { openaiPath } from './openai-path.ts'
import { compatibleChat, presetAt, presetNamed, presets, type NamedPreset } from './presets.ts'
import type { AddressCall, Provider } from './provider.ts'
import { settingsOf } from './settings.ts'
import { isPrivate, readUrl, under, withoutEnding } from './url.ts'

/**
 * Any server that speaks Chat Completions. Known ones are recognised by `preset` or by their host. Many of them
 * have Responses and Messages beside it: `protocol` in the config speaks to those.
 */
export function openaiCompatible(config: CompatibleConfig): Provider {
  const { name } = config
  const field = `providers.${name}.baseUrl`
  const named = config.preset === undefined ? undefined : findPreset(config.preset, name)
  const text = config.baseUrl ?? named?.baseUrl
  if (text === undefined) throw invalidRequest(`${field} is missing, and no preset says where to go`, field)
  const base = withoutEnding(readUrl(text, field), '/chat/completions', '/responses')
  const preset = named ?? presetAt(base)
  const messagesBase =
    preset?.messagesBase !== undefined && base.host === new URL(preset.messagesBase).host
      ? new URL(preset.messagesBase)
      : withoutEnding(base, '/v1')
  const credentials = keyCredentials({
    name,
    apiKey: config.apiKey,
    // Imitations of Messages look into either header.
    headers: (call) => (call.protocol === 'messages' ? ['x-api-key', 'authorization'] : ['authorization']),
    missing: 'send-none',
    custom: config.headers,
  })

  return {
    ...settingsOf(config, {
      dialects: { chat: { ...compatibleChat, ...preset?.chat } },
      protocols: () => ['chat'],
    }),
    address,
    async request(call) {
      const url = address(call)
      const version = call.protocol === 'messages' ? anthropicHeaders(call.clientHeaders, undefined) : {}
      return {
        url,
        headers: requestHeaders({ ...version, ...(await credentials.headers(call)) }, config.headers),
      }
    },
    carrier: openaiCarrier({ url: ({ path }) => under(base, path), credentials, custom: config.headers }),
    // Many have it (vLLM, LiteLLM); of those that do not, one 404 tells.
    counts: (protocol) => protocol === 'messages',
    explain: (error, model) =>
      explain(error, model, {
        notFound: () => `${base.host} does not serve '${model}'${listHint(preset, model)}`,
        refused: () => {
          const variable = preset?.keyVariable
          const key = keyHint(name, config.apiKey, 'authorization: Bearer', base.host)
          return variable === undefined ? key : `${key}. Its key is usually kept in ${variable}`
        },
        unreachable: isPrivate(base)
          ? `Is ${preset?.name ?? 'the server'} running at ${base.host}?`
          : `Check ${field}: the host is ${base.host}`,
      }),
  }

  function address(call: AddressCall): string {
    if (call.protocol !== 'messages') return under(base, openaiPath(name, call))
    const path = call.operation === 'count-tokens' ? '/v1/messages/count_tokens' : '/v1/messages'
    return under(messagesBase, path)
  }
}

function findPreset(wanted: string, name: string): NamedPreset {
  const preset = presetNamed(wanted)
  if (preset !== undefined) return preset
  const field = `providers.${name}.preset`
  throw invalidRequest(`${field} is none of ${Object.keys(presets).join(', ')}: '${wanted}'`, field)
}

function listHint(preset: NamedPreset | undefined, model: string): string {
  return preset?.name === 'ollama' ? `; get it with: ollama pull ${model}` : '; see its /models'
}
