import { asArray, asObject, asString, type JsonObject } from '../../ir/json.ts'
import { ARM_API_VERSION, MANAGERS } from '../../providers/arm.ts'
import { defaultCredential } from '../../providers/auth/entra.ts'
import type { AzureFoundryConfig, AzureOpenAIConfig } from '../../providers/config.ts'
import { parseEndpoint } from '../../providers/endpoint.ts'
import { getJson, type ListDeps, type UpstreamModel } from './get-json.ts'

const SUBSCRIPTIONS_VERSION = '2022-12-01'

/** The deployments of a resource, from Azure Resource Manager, whichever subscription of the identity it is in. */
export async function azureDeployments(
  provider: AzureOpenAIConfig | AzureFoundryConfig,
  deps: ListDeps,
): Promise<readonly UpstreamModel[]> {
  const text =
    provider.baseUrl ?? provider.endpoint ?? ('resource' in provider ? provider.resource : undefined)
  const { cloud, resource, host } = parseEndpoint(text ?? '', { service: provider.type, field: 'endpoint' })
  if (resource === undefined) throw new Error(`${host} does not tell the name of its resource`)
  const manager = MANAGERS[cloud]
  const credential = await (deps.credential ?? defaultCredential)(cloud)
  const token = await credential.getToken(`${manager}/.default`)
  if (token === null) throw new Error('Entra ID gave no token: az login')
  const get = (path: string, version: string) =>
    getJson(`${manager}${path}?api-version=${version}`, { authorization: `Bearer ${token.token}` }, deps)

  for (const subscription of valuesOf(await get('/subscriptions', SUBSCRIPTIONS_VERSION))) {
    const path = `/subscriptions/${asString(subscription.subscriptionId) ?? ''}/providers/Microsoft.CognitiveServices/accounts`
    const accounts = valuesOf(await get(path, ARM_API_VERSION).catch(() => ({})))
    const account = accounts.find(({ name }) => asString(name)?.toLowerCase() === resource.toLowerCase())
    const id = asString(account?.id)
    if (id !== undefined)
      return valuesOf(await get(`${id}/deployments`, ARM_API_VERSION)).flatMap(readDeployment)
  }
  throw new Error(`none of your subscriptions has a resource named ${resource}`)
}

function readDeployment(wire: JsonObject): readonly UpstreamModel[] {
  const name = asString(wire.name)
  const model = asString(asObject(asObject(wire.properties).model).name)
  return name === undefined ? [] : [{ name, ...(model !== undefined && { model }) }]
}

function valuesOf(wire: unknown): readonly JsonObject[] {
  return asArray(asObject(wire).value).map(asObject)
}
