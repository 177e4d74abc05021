import { defaultCredential, entraCredentials } from './auth/entra.ts'
import type { ProviderDeps } from './azure.ts'
import type { AzureFoundryConfig, AzureOpenAIConfig } from './config.ts'
import type { AzureCloud, Endpoint } from './endpoint.ts'
import type { Provider } from './provider.ts'

/** Azure Resource Manager of each cloud; learn.microsoft.com, "National clouds". */
export const MANAGERS: Readonly<Record<AzureCloud, string>> = {
  public: 'https://management.azure.com',
  us: 'https://management.usgovcloudapi.net',
  china: 'https://management.chinacloudapi.cn',
}
export const ARM_API_VERSION = '2024-10-01'

/**
 * The list of a resource's deployments, which its own API does not have. It takes Entra, a role that may read the
 * resource, and the two names that no endpoint tells; without them the provider has no inventory.
 */
export function armInventory(
  config: AzureOpenAIConfig | AzureFoundryConfig,
  endpoint: Endpoint,
  deps: ProviderDeps,
): Pick<Provider, 'inventory'> {
  const { subscription, resourceGroup } = config
  const { resource, cloud } = endpoint
  if (config.auth !== 'entra' || !subscription || !resourceGroup || resource === undefined) return {}
  const manager = MANAGERS[cloud]
  const credentials = entraCredentials({
    name: config.name,
    scope: `${manager}/.default`,
    cloud,
    credential: deps.credential ?? defaultCredential,
    now: deps.now ?? Date.now,
  })
  const path = [
    ['subscriptions', subscription],
    ['resourceGroups', resourceGroup],
    ['providers', 'Microsoft.CognitiveServices'],
    ['accounts', resource],
  ].map(([kind, name]) => `${kind}/${encodeURIComponent(name ?? '')}`)
  const url = `${manager}/${path.join('/')}/deployments?api-version=${ARM_API_VERSION}`
  return {
    inventory: async () => ({ url, headers: await credentials.headers({ protocol: 'chat' }) }),
  }
}
