import { asArray, asObject, asString } from '../../ir/json.ts'
import type { AzureFoundryConfig, AzureOpenAIConfig, ProviderConfig } from '../../providers/config.ts'
import { parseEndpoint } from '../../providers/endpoint.ts'
import { createProvider } from '../../providers/index.ts'
import type { UpstreamProtocol } from '../../providers/provider.ts'
import { azureDeployments } from './azure.ts'
import { fetchThrough } from './fetch-through.ts'
import { getJson, type ListDeps, type UpstreamModel } from './get-json.ts'

/** What an upstream has, or why it does not say. */
export type UpstreamModels =
  | { readonly ok: true; readonly models: readonly UpstreamModel[] }
  | { readonly ok: false; readonly reason: string }

/** The last version of the dated API that lists a resource's deployments to its key. */
const LISTS_DEPLOYMENTS = '2022-12-01'

/** Asks an upstream what it has. Never throws: a list is a convenience. */
export async function listUpstreamModels(provider: ProviderConfig, deps: ListDeps): Promise<UpstreamModels> {
  try {
    const { network } = provider
    const way = network === undefined ? deps : { ...deps, fetch: fetchThrough(network) }
    return { ok: true, models: await list(provider, way) }
  } catch (thrown) {
    return { ok: false, reason: thrown instanceof Error ? thrown.message : String(thrown) }
  }
}

async function list(provider: ProviderConfig, deps: ListDeps): Promise<readonly UpstreamModel[]> {
  switch (provider.type) {
    case 'azure-openai':
    case 'azure-foundry':
      if (provider.auth === 'entra') return await azureDeployments(provider, deps)
      return await deploymentsByKey(provider, deps)
    case 'openai':
    case 'openai-compatible':
      return await modelsAt(provider, 'chat', (url) => url.replace(/\/chat\/completions$/, '/models'), deps)
    case 'anthropic':
      return await modelsAt(
        provider,
        'messages',
        (url) => url.replace(/\/messages$/, '/models?limit=1000'),
        deps,
      )
    case 'gemini':
      return await modelsAt(
        provider,
        'gemini',
        (url) => url.replace(/\/models\/.*$/, '/models?pageSize=1000'),
        deps,
      )
    default:
      return provider satisfies never
  }
}

/** The list stands beside the operation that a provider sends requests to, and takes the same credentials. */
async function modelsAt(
  provider: ProviderConfig,
  protocol: UpstreamProtocol,
  address: (url: string) => string,
  deps: ListDeps,
): Promise<readonly UpstreamModel[]> {
  const { url, headers } = await createProvider(provider, deps).request({
    protocol,
    operation: 'generate',
    model: 'any',
    stream: false,
    clientHeaders: {},
  })
  return readModels(await getJson(address(url), headers, deps))
}

/** `{data: [{id}]}` of OpenAI and Anthropic, `{models: [{name: "models/x"}]}` of Gemini. */
function readModels(wire: unknown): readonly UpstreamModel[] {
  const { data, models } = asObject(wire)
  const names = [...asArray(data), ...asArray(models)].flatMap((entry) => {
    const { id, name } = asObject(entry)
    const text = asString(id) ?? asString(name)?.replace(/^models\//, '')
    return text === undefined ? [] : [text]
  })
  return [...new Set(names)].map((name) => ({ name }))
}

async function deploymentsByKey(
  provider: AzureOpenAIConfig | AzureFoundryConfig,
  deps: ListDeps,
): Promise<readonly UpstreamModel[]> {
  const text =
    provider.baseUrl ?? provider.endpoint ?? ('resource' in provider ? provider.resource : undefined)
  const { root } = parseEndpoint(text ?? '', { service: provider.type, field: 'endpoint' })
  const version =
    ('modelsApiVersion' in provider ? provider.modelsApiVersion : undefined) ?? LISTS_DEPLOYMENTS
  const key =
    provider.apiKey === undefined || provider.apiKey === 'client' ? {} : { 'api-key': provider.apiKey }
  const wire = await getJson(
    `${root}/openai/deployments?api-version=${encodeURIComponent(version)}`,
    key,
    deps,
  )
  return asArray(asObject(wire).data).flatMap((entry) => {
    const { id, model } = asObject(entry)
    const name = asString(id)
    const behind = asString(model)
    return name === undefined ? [] : [{ name, ...(behind !== undefined && { model: behind }) }]
  })
}
