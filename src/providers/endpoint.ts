import { invalidRequest } from '../errors.ts'
import type { OpenaiPath } from './openai-path.ts'
import { isLoopback, readUrl, under, unquote } from './url.ts'

export type AzureCloud = 'public' | 'us' | 'china'

/** What an Azure endpoint turned out to be, whichever form it was pasted in. `config show` prints it. */
export type Endpoint = {
  readonly kind:
    | 'azure-openai' // *.openai.azure.com
    | 'cognitive-services' // *.cognitiveservices.azure.com
    | 'foundry' // *.services.ai.azure.com
    | 'serverless' // *.models.ai.azure.com
    | 'loopback' // this machine
    | 'custom' // API Management, a proxy, a private name
  readonly cloud: AzureCloud
  readonly host: string
  /** The resource's name, where the host tells it. */
  readonly resource?: string
  readonly project?: string
  /** What precedes `/openai` and `/anthropic`; no slash at the end. */
  readonly root: string
  /** What precedes `/chat/completions` and `/responses` of the v1 API. */
  readonly openaiBase: string
  /** What precedes `/v1/messages`. */
  readonly anthropicBase: string
  /** The deployment in a pasted deployment URL. */
  readonly deployment?: string
  /** The `api-version` of a pasted URL of the OpenAI API. */
  readonly apiVersion?: string
}

/** How to read a bare resource name, and which config key to name in errors. */
export type EndpointContext = { readonly service: 'azure-openai' | 'azure-foundry'; readonly field: string }

const RESOURCE_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/i
/** An ARM resource id, as the portal's JSON view shows it. */
const RESOURCE_ID = /\/providers\/microsoft\.cognitiveservices\/accounts\/([^/]+)/i
/** Pages for people, which are sometimes pasted instead of the endpoint that they show. */
const PORTAL = /^(?:https?:\/\/)?(?:portal\.azure\.(?:com|us|cn)|ai\.azure\.com|oai\.azure\.com)(?:[/:?#]|$)/i
const AZURE_HOST =
  /^(?:(?<resource>[^.]+)\.)(?:.+\.)?(?<service>openai|cognitiveservices|services\.ai|models\.ai)\.azure\.(?<tld>com|us|cn)$/

const KINDS: Readonly<Record<string, Endpoint['kind']>> = {
  openai: 'azure-openai',
  cognitiveservices: 'cognitive-services',
  'services.ai': 'foundry',
  'models.ai': 'serverless',
}
const CLOUDS: Readonly<Record<string, AzureCloud>> = { com: 'public', us: 'us', cn: 'china' }

/**
 * Reads an endpoint of Azure OpenAI or Foundry in any form that people paste: a resource name, a host, a root URL,
 * a URL with any part of an API path, a whole deployment or project URL, a proxy in front of either, a loopback URL.
 *
 * @throws GatewayError `invalid-request` naming the config key
 */
export function parseEndpoint(text: string, context: EndpointContext): Endpoint {
  const url = readUrl(completed(unquote(text), context), context.field)
  const host = AZURE_HOST.exec(url.hostname)?.groups
  const kind = (host && KINDS[host['service'] ?? '']) ?? (isLoopback(url) ? 'loopback' : 'custom')
  const read = readPath(url)
  // On Azure's own hosts every path is one of its APIs', whether we know it or not.
  const path = host === undefined ? read : { ...read, prefix: '' }
  const root = `${url.origin}${path.prefix}`
  const project = path.project === undefined ? '' : `/api/projects/${path.project}`
  return {
    kind,
    cloud: CLOUDS[host?.['tld'] ?? 'com'] ?? 'public',
    host: url.host,
    ...(host?.['resource'] !== undefined && { resource: host['resource'] }),
    ...(path.project !== undefined && { project: decodeURIComponent(path.project) }),
    root,
    openaiBase: kind === 'serverless' ? `${root}/v1` : `${root}${project}/openai/v1`,
    anthropicBase: anthropicBase(root, kind, host),
    ...(path.deployment !== undefined && { deployment: decodeURIComponent(path.deployment) }),
    ...(path.apiVersion !== undefined && { apiVersion: path.apiVersion }),
  }
}

/** The text as a URL with its scheme: names become hosts, hosts get https, loopback gets http. */
function completed(text: string, { service, field }: EndpointContext): string {
  const name = RESOURCE_ID.exec(text)?.[1] ?? text
  if (RESOURCE_NAME.test(name) && name !== 'localhost') {
    const domain = service === 'azure-openai' ? 'openai.azure.com' : 'services.ai.azure.com'
    return `https://${name.toLowerCase()}.${domain}`
  }
  if (PORTAL.test(text)) {
    const page = 'Keys and Endpoint (or the project overview)'
    throw invalidRequest(
      `${field} is the address of a portal; copy the endpoint that it shows under ${page}`,
      field,
    )
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text
  if (text === '' || /\s/.test(text)) {
    throw invalidRequest(`${field} is neither a resource name nor an address: ${JSON.stringify(text)}`, field)
  }
  const bare = `https://${text}`
  return URL.canParse(bare) && isLoopback(new URL(bare)) ? `http://${text}` : bare
}

type Path = {
  /** What stands before everything that Azure's APIs define; empty on Azure's own hosts. */
  readonly prefix: string
  readonly project?: string
  readonly deployment?: string
  readonly apiVersion?: string
}

function readPath(url: URL): Path {
  const path = url.pathname.replace(/\/+$/, '')
  const version = url.searchParams.get('api-version') ?? undefined
  const apiVersion = version === undefined ? {} : { apiVersion: version }

  const project = /^(?<prefix>.*)\/api\/projects\/(?<project>[^/]+)/.exec(path)?.groups
  if (project !== undefined) {
    return { prefix: project['prefix'] ?? '', project: project['project'] ?? '' }
  }
  const deployment = /^(?<prefix>.*)\/openai\/deployments(?:\/(?<deployment>[^/]+))?/.exec(path)?.groups
  if (deployment !== undefined) {
    const name = deployment['deployment']
    return {
      prefix: deployment['prefix'] ?? '',
      ...(name !== undefined && { deployment: name }),
      ...apiVersion,
    }
  }
  // Greedy: a proxy may have a path of its own that is called `openai` too.
  const openai = /^(.*)\/openai(?:\/(?:v1(?:\/.*)?|responses|chat\/completions))?$/.exec(path)
  if (openai !== null) return { prefix: openai[1] ?? '', ...apiVersion }
  const anthropic = /^(.*)\/anthropic(?:\/v1(?:\/.*)?)?$/.exec(path)
  if (anthropic !== null) return { prefix: anthropic[1] ?? '' }
  // The model inference API: its `api-version` counts differently, and the v1 API serves the same models.
  const models = /^(.*)\/models(?:\/chat\/completions)?$/.exec(path)
  if (models !== null) return { prefix: models[1] ?? '' }
  return {
    prefix: path.replace(/\/v1(?:\/(?:messages|chat\/completions|responses))?$|\/chat\/completions$/, ''),
  }
}

/** Claude answers on the `services.ai` name of a resource only, whichever of its names was pasted. */
function anthropicBase(
  root: string,
  kind: Endpoint['kind'],
  host: Readonly<Record<string, string>> | undefined,
): string {
  if (host !== undefined && (kind === 'azure-openai' || kind === 'cognitive-services')) {
    return `https://${host['resource']}.services.ai.azure.${host['tld']}/anthropic`
  }
  return `${root}/anthropic`
}

/** How the OpenAI API of a resource is addressed. */
export type OpenaiApi =
  | { readonly style: 'v1'; readonly version?: string }
  | { readonly style: 'dated'; readonly version: string; readonly responsesVersion: string }

/** Versions are dates up to 2025; then the v1 API replaced them, with `preview` for what is not final. */
export function openaiApi(version: string | undefined, responsesVersion: string | undefined): OpenaiApi {
  if (version !== undefined && /^\d{4}-\d{2}-\d{2}/.test(version)) {
    return { style: 'dated', version, responsesVersion: responsesVersion ?? version }
  }
  return version === undefined || version === 'v1' ? { style: 'v1' } : { style: 'v1', version }
}

/** Responses came with this version of the dated API. */
const FIRST_WITH_RESPONSES = '2025-03-01'

/** True when Responses can be had there. A serverless endpoint is one model on Chat. */
export function hasResponses(endpoint: Endpoint, api: OpenaiApi): boolean {
  return (
    endpoint.kind !== 'serverless' && (api.style === 'v1' || api.responsesVersion >= FIRST_WITH_RESPONSES)
  )
}

/** The URL of an operation of the OpenAI API on an Azure endpoint. */
export function openaiUrl(endpoint: Endpoint, api: OpenaiApi, path: OpenaiPath, deployment: string): string {
  if (api.style === 'v1' || endpoint.kind === 'serverless') {
    const query = api.style === 'v1' && api.version !== undefined ? { 'api-version': api.version } : {}
    return under(endpoint.openaiBase, path, query)
  }
  const base = `${endpoint.root}/openai`
  // Only Chat names the deployment in its path.
  if (path !== '/chat/completions') return under(base, path, { 'api-version': api.responsesVersion })
  return under(base, `/deployments/${encodeURIComponent(deployment)}${path}`, { 'api-version': api.version })
}
