import { defaultCredential, entraCredentials, entraScope, type CredentialSource } from './auth/entra.ts'
import { keyCredentials, type CredentialCall, type Credentials, type KeyHeader } from './auth/key.ts'
import type { AzureFoundryConfig, AzureOpenAIConfig } from './config.ts'
import type { Endpoint } from './endpoint.ts'
import { explain, keyHint } from './explain.ts'
import type { Provider } from './provider.ts'

/** What the providers touch of the outside world; for tokens only. */
export type ProviderDeps = {
  /** Signs in to Entra ID; the chain of `@azure/identity` unless given. */
  readonly credential?: CredentialSource
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

type AzureConfig = AzureOpenAIConfig | AzureFoundryConfig

/** Key or Entra ID, as the config says. */
export function azureCredentials(
  config: AzureConfig,
  endpoint: Endpoint,
  options: {
    readonly api: 'v1' | 'dated'
    readonly keyHeaders: (call: CredentialCall) => readonly KeyHeader[]
  },
  deps: ProviderDeps,
): Credentials {
  if (config.auth === 'entra') {
    return entraCredentials({
      name: config.name,
      scope: config.scope ?? entraScope(endpoint.cloud, options.api),
      cloud: endpoint.cloud,
      credential: deps.credential ?? defaultCredential,
      now: deps.now ?? Date.now,
    })
  }
  return keyCredentials({
    name: config.name,
    apiKey: config.apiKey,
    headers: options.keyHeaders,
    missing: endpoint.kind === 'loopback' ? 'send-none' : 'refuse',
    custom: config.headers,
  })
}

/** Azure's refusals in terms of deployments, keys and roles. */
export function azureExplain(
  config: AzureConfig,
  endpoint: Endpoint,
  words: {
    readonly role: string
    readonly keyHeader: string
    readonly unsupported: (model: string) => string
  },
): NonNullable<Provider['explain']> {
  const { name } = config
  const resource = endpoint.resource ?? '<resource>'
  const listing = `az cognitiveservices account deployment list --name ${resource} --resource-group <group> --query "[].name"`
  return (error, model) =>
    explain(error, model, {
      notFound: (deployment, { details }) => {
        const list = `List the deployments: ${listing}`
        const missing = `${endpoint.host} has no deployment named '${deployment}'`
        if (details.upstreamCode === 'DeploymentNotFound') {
          return `${missing}. ${list}; then correct '${name}/${deployment}' in models. A new deployment takes some minutes to appear`
        }
        return config.apiVersion === undefined
          ? `${missing}, or that host is no resource of Azure: check the address of providers.${name}. ${list}`
          : `${missing}, or no such path in api-version ${config.apiVersion}: without providers.${name}.apiVersion the v1 API is used. ${list}`
      },
      refused: (status) => (config.auth === 'entra' ? roleHint(status) : azureKeyHint(status)),
      unsupported: words.unsupported,
      unreachable: `Check providers.${name}: the host is ${endpoint.host}`,
    })

  function roleHint(status: number): string {
    return (
      `The token of Entra ID was refused by ${endpoint.host}: the identity needs the role '${words.role}' on the ` +
      `resource${status === 401 ? ', in the tenant of the resource' : ''}. A new role takes some minutes to work`
    )
  }

  function azureKeyHint(status: number): string {
    const key = keyHint(name, config.apiKey, words.keyHeader, endpoint.host)
    return status === 403
      ? `${key}. The resource may restrict networks or forbid keys; then use 'auth: entra' with the role '${words.role}'`
      : `${key}. It must be a key of this very resource (portal: Keys and Endpoint), and keys must be allowed there`
  }
}
