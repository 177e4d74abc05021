import { defaultCredential, entraCredentials, entraScope, type CredentialSource } from './auth/entra.ts'
import { keyCredentials, type CredentialCall, type Credentials, type KeyHeader } from './auth/key.ts'
import type { AzureFoundryConfig, AzureOpenAIConfig } from './config.ts'
import type { Endpoint } from './endpoint.ts'
import type { GatewayError } from '../errors.ts'
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

/** The name under which Azure's v1 API chooses a model itself, without a deployment of the router (preview). */
const ROUTED = 'auto'

/** The config with what is known of every resource: `auto` is as weak as the weakest that it may choose. */
export function withRouter<T extends AzureConfig>(config: T): T {
  return { ...config, models: { [ROUTED]: { family: 'model-router' }, ...config.models } }
}

/** The header without which the preview knows no `auto`; learn.microsoft.com, "Model router for Microsoft Foundry". */
export function routerHeaders(model: string): Readonly<Record<string, string>> {
  return model === ROUTED ? { 'foundry-features': 'ModelRouterControls=V1Preview' } : {}
}

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
      refused: (status, error) => (config.auth === 'entra' ? tokenHint(status, error) : azureKeyHint(status)),
      unsupported: words.unsupported,
      unreachable: `Check providers.${name}: the host is ${endpoint.host}`,
    })

  /** Azure says in words what is wrong with a token; the statuses do not tell. */
  function tokenHint(status: number, { message }: GatewayError): string {
    if (/audience/i.test(message)) {
      return `The token of Entra ID is for another service: set providers.${name}.scope to what ${endpoint.host} wants`
    }
    if (/not (?:yet )?valid|expired|lifetime/i.test(message)) {
      return `${endpoint.host} finds the token of Entra ID too old or too new: the clock of this machine may be wrong (sudo timedatectl set-ntp true)`
    }
    if (/tenant/i.test(message)) {
      return `The token of Entra ID is of another tenant than the resource: az login --tenant <its tenant>, or set AZURE_TENANT_ID`
    }
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
