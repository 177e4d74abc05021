import { invalidRequest } from '../errors.ts'
import type { Credentials } from './auth/key.ts'
import { openaiCarrier, type CarriedOperation, type Carrier, type CarryCall } from './carrier.ts'
import type { Endpoint, OpenaiApi } from './endpoint.ts'
import { under } from './url.ts'

/** learn.microsoft.com, Azure OpenAI REST reference: operations whose dated path names the deployment. */
const BY_DEPLOYMENT: ReadonlySet<CarriedOperation> = new Set([
  'embeddings',
  'image-generation',
  'image-edit',
  'speech',
  'transcription',
  'audio-translation',
])

/** The same: what Azure has of OpenAI's API. No moderations, no image variations, no legacy fine-tunes. */
const OF_AZURE: ReadonlySet<CarriedOperation> = new Set([
  ...BY_DEPLOYMENT,
  'files',
  'batches',
  'fine-tuning',
  'stored-responses',
])

/** A serverless endpoint is one model; of all this it can only embed. */
const OF_SERVERLESS: ReadonlySet<CarriedOperation> = new Set(['embeddings'])

/** Where an Azure resource is, and how it is authorised. */
export type AzureCarrierOptions = {
  readonly endpoint: Endpoint
  readonly api: OpenaiApi
  /** A `baseUrl` of the config: it precedes every path, whatever the version. */
  readonly exactBase?: URL
  readonly credentials: Credentials
  readonly custom: Readonly<Record<string, string>>
}

/** A carrier to the OpenAI API of an Azure resource, in its v1 or its dated form. */
export function azureCarrier(options: AzureCarrierOptions): Carrier {
  const { endpoint, api, exactBase, credentials, custom } = options
  const serverless = endpoint.kind === 'serverless'
  const byDeployment = (operation: CarriedOperation) =>
    api.style === 'dated' && exactBase === undefined && !serverless && BY_DEPLOYMENT.has(operation)
  return openaiCarrier({
    operations: serverless ? OF_SERVERLESS : OF_AZURE,
    modelInUrl: byDeployment,
    credentials,
    custom,
    url: (call) => {
      const version = versionFor(api, call.operation)
      const query = version === undefined ? {} : { 'api-version': version }
      if (exactBase !== undefined) return under(exactBase, call.path, query)
      if (serverless || api.style === 'v1') {
        return under(new URL(endpoint.openaiBase), call.path, serverless ? {} : query)
      }
      const base = new URL(`${endpoint.root}/openai`)
      return under(base, byDeployment(call.operation) ? deploymentPath(call) : call.path, query)
    },
  })
}

function versionFor(api: OpenaiApi, operation: CarriedOperation): string | undefined {
  return api.style === 'dated' && operation === 'stored-responses' ? api.responsesVersion : api.version
}

function deploymentPath({ model, path }: CarryCall): string {
  if (model === undefined) {
    throw invalidRequest(
      "model: a non-empty string is required, because Azure's dated API has the deployment in its path",
      'model',
    )
  }
  return `/deployments/${encodeURIComponent(model)}${path}`
}
