import { invalidRequest } from '../errors.ts'
import type { ChatDialect } from '../protocols/chat/dialect.ts'
import type { ResponsesDialect } from '../protocols/responses/dialect.ts'
import { azureCredentials, azureExplain, routerHeaders, withRouter, type ProviderDeps } from './azure.ts'
import { armInventory } from './arm.ts'
import { azureCarrier } from './azure-carrier.ts'
import type { AzureOpenAIConfig } from './config.ts'
import {
  hasResponses,
  openaiApi,
  openaiUrl,
  parseEndpoint,
  type Endpoint,
  type OpenaiApi,
} from './endpoint.ts'
import { requestHeaders } from './headers.ts'
import { openaiPath, type OpenaiPath } from './openai-path.ts'
import type { Provider } from './provider.ts'
import { openaiProtocols, settingsOf } from './settings.ts'
import { readUrl, under, withoutEnding } from './url.ts'

/** learn.microsoft.com, Azure OpenAI REST reference: no `file` parts in Chat; abuse monitoring reads `user`. */
const v1Chat: Partial<ChatDialect> = { files: false, userField: 'user' }

/** Dated versions answer 400 to fields that came later; the last final one is 2024-10-21. */
const datedChat: Partial<ChatDialect> = {
  ...v1Chat,
  promptCacheKey: false,
  cacheBreakpoints: false,
  serviceTier: false,
  verbosity: false,
  metadata: false,
  customTools: false,
}

/** Azure's answer to an empty description is a 400; OpenAI takes it. */
export const azureResponses: Partial<ResponsesDialect> = { emptyDescriptions: false }

/** How the Chat API of a resource departs from OpenAI's. */
export function azureChat(api: OpenaiApi): Partial<ChatDialect> {
  return api.style === 'dated' ? datedChat : v1Chat
}

const NO_CLAUDE = '; Claude on Azure is served by a provider of type azure-foundry'

/** Azure OpenAI: the v1 API, or the dated one with deployments in the path. */
export function azureOpenAI(config: AzureOpenAIConfig, deps: ProviderDeps): Provider {
  const field = `providers.${config.name}.${config.baseUrl === undefined ? 'endpoint' : 'baseUrl'}`
  const text = config.baseUrl ?? config.endpoint
  if (text === undefined) throw invalidRequest(`${field} is missing`, field)
  const endpoint = parseEndpoint(text, { service: 'azure-openai', field })
  const api = openaiApi(config.apiVersion ?? endpoint.apiVersion, config.responsesApiVersion)
  const pathAddress =
    config.baseUrl === undefined ? endpointAddress(endpoint, api) : exactAddress(text, field, api)
  const address: Provider['address'] = (call) =>
    pathAddress(openaiPath(config.name, call, NO_CLAUDE), call.model)
  const keyHeader = endpoint.kind === 'serverless' ? 'authorization' : 'api-key'
  const credentials = azureCredentials(
    config,
    endpoint,
    { api: api.style, keyHeaders: () => [keyHeader] },
    deps,
  )
  const withResponses = hasResponses(endpoint, api)

  return {
    ...settingsOf(withRouter(config), {
      dialects: { chat: azureChat(api), responses: azureResponses },
      protocols: (profile) => (withResponses ? openaiProtocols(profile) : ['chat']),
    }),
    address,
    async request(call) {
      const url = address(call)
      return {
        url,
        headers: requestHeaders(
          { ...routerHeaders(call.model), ...(await credentials.headers(call)) },
          config.headers,
        ),
      }
    },
    carrier: azureCarrier({
      endpoint,
      api,
      ...(config.baseUrl !== undefined && { exactBase: exactBase(config.baseUrl, field) }),
      credentials,
      custom: config.headers,
    }),
    counts: (protocol) => protocol === 'responses' && withResponses,
    explain: azureExplain(config, endpoint, {
      role: 'Cognitive Services OpenAI User',
      keyHeader,
      unsupported: (model) =>
        `'${model}' is not served on this API. For models without Chat set 'protocol: responses' under ` +
        `providers.${config.name}.models.${model}; Claude needs a provider of type azure-foundry`,
    }),
    ...armInventory(config, endpoint, deps),
    ...(credentials.refresh !== undefined && { refresh: credentials.refresh }),
  }
}

type Address = (path: OpenaiPath, deployment: string) => string

function endpointAddress(endpoint: Endpoint, api: OpenaiApi): Address {
  return (path, deployment) => openaiUrl(endpoint, api, path, deployment)
}

/** A `baseUrl` precedes the operation and nothing is put in between; a version still goes into the query. */
function exactAddress(text: string, field: string, api: OpenaiApi): Address {
  const base = exactBase(text, field)
  return (path) => {
    const isChat = path === '/chat/completions'
    const version = api.style === 'dated' && !isChat ? api.responsesVersion : api.version
    return under(base, path, version === undefined ? {} : { 'api-version': version })
  }
}

function exactBase(text: string, field: string): URL {
  return withoutEnding(readUrl(text, field), '/chat/completions', '/responses')
}
