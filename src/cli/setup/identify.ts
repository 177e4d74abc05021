import { parseEndpoint } from '../../providers/endpoint.ts'
import { presetAt, presetNamed, type NamedPreset } from '../../providers/presets.ts'
import type { ProviderType } from './provider-kinds.ts'

/** What a pasted address turned out to be. */
export type Identified = {
  readonly type: ProviderType
  /** The provider's keys in the config that say where it is. */
  readonly where: Readonly<Record<string, string>>
  /** For people. */
  readonly sentence: string
  readonly preset?: NamedPreset
  /** The deployment in a pasted URL. */
  readonly deployment?: string
}

const VENDORS: Readonly<Record<string, ProviderType>> = {
  'api.openai.com': 'openai',
  'api.anthropic.com': 'anthropic',
  'generativelanguage.googleapis.com': 'gemini',
}

/**
 * What an address is, in whatever form it was pasted. `wanted` is what somebody said that it is; it decides where the
 * address itself does not.
 *
 * @throws GatewayError when it is no address at all
 */
export function identify(pasted: string, wanted?: ProviderType): Identified {
  const text = pasted.trim().replace(/^["'`<]+|["'`>]+$/g, '')
  const named = text.includes('/') || text.includes('://') ? undefined : presetNamed(text)
  if (named !== undefined && (wanted === undefined || wanted === 'openai-compatible')) return ofPreset(named)
  const url = URL.parse(text.includes('://') ? text : `https://${text}`)
  const vendor = url === null ? undefined : VENDORS[url.hostname]
  if (vendor !== undefined && (wanted === undefined || wanted === vendor))
    return { type: vendor, where: {}, sentence: `${url?.hostname}: the vendor's own API` }
  if (wanted === 'openai' || wanted === 'anthropic' || wanted === 'gemini')
    return {
      type: wanted,
      where: { baseUrl: text },
      sentence: `A server that speaks like ${wanted}: ${text}`,
    }
  if (wanted === 'openai-compatible') return compatible(text)
  return azureOrOther(text, wanted)
}

function azureOrOther(text: string, wanted: ProviderType | undefined): Identified {
  const service = wanted === 'azure-foundry' ? 'azure-foundry' : 'azure-openai'
  const endpoint = parseEndpoint(text, { service, field: 'endpoint' })
  const path = URL.parse(text)?.pathname ?? ''
  const ofAzure =
    (endpoint.kind !== 'loopback' && endpoint.kind !== 'custom') ||
    /\/(?:openai|anthropic)(?:\/|$)/.test(path)
  if (wanted === undefined && !ofAzure) return compatible(text)
  const isFoundry = endpoint.kind === 'foundry' || /\/anthropic(?:\/|$)/.test(path)
  const type = wanted ?? (isFoundry ? 'azure-foundry' : 'azure-openai')
  const { deployment } = endpoint
  const api = endpoint.apiVersion === undefined ? 'v1 API' : `API version ${endpoint.apiVersion}`
  const project = endpoint.project === undefined ? '' : `, project ${endpoint.project}`
  const named = endpoint.resource === undefined ? endpoint.host : `${endpoint.resource} (${endpoint.host})`
  return {
    type,
    where: { endpoint: text },
    sentence: `${KIND_NAMES[endpoint.kind]} ${named}${project}, ${api}${deployment === undefined ? '' : `, deployment ${deployment}`}`,
    ...(deployment !== undefined && { deployment }),
  }
}

const KIND_NAMES = {
  'azure-openai': 'Azure OpenAI resource',
  'cognitive-services': 'Azure AI services resource',
  foundry: 'Azure AI Foundry resource',
  serverless: 'Serverless deployment on Azure',
  loopback: 'A server on this machine in the shape of Azure:',
  custom: 'A host in front of Azure:',
} as const

function compatible(text: string): Identified {
  const base = text.includes('://')
    ? text
    : `${/^(?:localhost|127\.)/.test(text) ? 'http' : 'https'}://${text}`
  const url = new URL(base)
  const path = url.pathname.replace(/\/+$/, '').replace(/\/(?:chat\/completions|responses|models)$/, '')
  // A bare host is most likely meant with the path that all of them have.
  url.pathname = path === '' ? '/v1' : path
  const preset = presetAt(url)
  const baseUrl = url.href.replace(/\/$/, '')
  return {
    type: 'openai-compatible',
    where: { baseUrl },
    sentence:
      preset === undefined ? `A server that speaks like OpenAI: ${baseUrl}` : `${preset.name} at ${baseUrl}`,
    ...(preset !== undefined && { preset }),
  }
}

function ofPreset(preset: NamedPreset): Identified {
  return {
    type: 'openai-compatible',
    where: { preset: preset.name },
    sentence: `${preset.name} at ${preset.baseUrl}`,
    preset,
  }
}
