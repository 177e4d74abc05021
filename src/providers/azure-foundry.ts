import { invalidRequest } from '../errors.ts'
import type { MessagesDialect } from '../protocols/messages/dialect.ts'
import { azureCredentials, azureExplain, routerHeaders, withRouter, type ProviderDeps } from './azure.ts'
import { armInventory } from './arm.ts'
import { azureCarrier } from './azure-carrier.ts'
import { azureChat, azureResponses } from './azure-openai.ts'
import type { AzureFoundryConfig } from './config.ts'
import { hasResponses, openaiApi, openaiUrl, parseEndpoint } from './endpoint.ts'
import { anthropicHeaders, requestHeaders } from './headers.ts'
import { notSpoken } from './not-spoken.ts'
import { openaiPath } from './openai-path.ts'
import type { Provider, UpstreamProtocol } from './provider.ts'
import { openaiProtocols, settingsOf } from './settings.ts'
import { readUrl, under, withoutEnding } from './url.ts'

/**
 * platform.claude.com/docs, "Claude in Microsoft Foundry", and reports of its users: no system turns among the
 * messages, no fast mode, no service tiers. `tags` is a field for gateways that only Anthropic's own API tolerates.
 */
const foundryMessages: Partial<MessagesDialect> = {
  midConversationSystem: false,
  serviceTier: false,
  refusedFields: ['speed', 'tags'],
}

/** Families that Foundry serves on Responses too; the others are to be had on Chat. */
const WITH_RESPONSES = new Set(['gpt', 'o-series', 'model-router', 'unknown'])

/** Azure AI Foundry: Claude on Anthropic's API, everything else on OpenAI's v1 API, under one resource and key. */
export function azureFoundry(config: AzureFoundryConfig, deps: ProviderDeps): Provider {
  const key =
    config.baseUrl !== undefined ? 'baseUrl' : config.endpoint !== undefined ? 'endpoint' : 'resource'
  const field = `providers.${config.name}.${key}`
  const text = config[key]
  if (text === undefined) throw invalidRequest(`${field} is missing`, field)
  const endpoint = parseEndpoint(text, { service: 'azure-foundry', field })
  const api = openaiApi(config.apiVersion ?? endpoint.apiVersion, undefined)
  const messagesBase =
    config.baseUrl === undefined
      ? new URL(endpoint.anthropicBase)
      : withoutEnding(readUrl(config.baseUrl, field), '/v1/messages', '/v1')
  const credentials = azureCredentials(
    config,
    endpoint,
    {
      api: api.style,
      // Which of the two Claude's front door looks at has differed between hosts and over time.
      keyHeaders: (call) => {
        if (call.protocol === 'messages') return ['x-api-key', 'api-key']
        return endpoint.kind === 'serverless' ? ['authorization'] : ['api-key']
      },
    },
    deps,
  )
  const withResponses = hasResponses(endpoint, api)
  const address: Provider['address'] = (call) => {
    const { protocol, operation, model } = call
    if (endpoint.kind === 'serverless' && protocol !== 'chat') throw notSpoken(config.name, call)
    if (protocol !== 'messages') return openaiUrl(endpoint, api, openaiPath(config.name, call), model)
    return under(messagesBase, operation === 'count-tokens' ? '/v1/messages/count_tokens' : '/v1/messages')
  }

  return {
    ...settingsOf(withRouter(config), {
      dialects: { messages: foundryMessages, chat: azureChat(api), responses: azureResponses },
      protocols: (profile): readonly UpstreamProtocol[] => {
        if (profile.family === 'claude' && endpoint.kind !== 'serverless') return ['messages']
        const both = WITH_RESPONSES.has(profile.family) && withResponses
        return both ? openaiProtocols(profile) : ['chat']
      },
    }),
    address,
    async request(call) {
      const url = address(call)
      const version =
        call.protocol === 'messages' ? anthropicHeaders(call.clientHeaders, config.anthropicVersion) : {}
      return {
        url,
        headers: requestHeaders(
          { ...version, ...routerHeaders(call.model), ...(await credentials.headers(call)) },
          config.headers,
        ),
      }
    },
    carrier: azureCarrier({ endpoint, api, credentials, custom: config.headers }),
    counts: (protocol) =>
      protocol === 'messages' ? endpoint.kind !== 'serverless' : protocol === 'responses' && withResponses,
    explain: azureExplain(config, endpoint, {
      role: 'Azure AI User',
      keyHeader: 'api-key (and x-api-key for Claude)',
      unsupported: (model) =>
        `'${model}' is not served on this API. If it is a Claude under another name, say so: ` +
        `providers.${config.name}.models.${model}: { family: claude }`,
    }),
    ...armInventory(config, endpoint, deps),
    ...(credentials.refresh !== undefined && { refresh: credentials.refresh }),
  }
}
