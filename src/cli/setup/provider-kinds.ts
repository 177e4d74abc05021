import { presets } from '../../providers/presets.ts'
import type { ProviderConfig } from '../../providers/config.ts'

export type ProviderType = ProviderConfig['type']

/** A kind of provider as the wizard offers it. */
export type ProviderKind = {
  readonly type: ProviderType
  readonly label: string
  /** What it is called in the config unless somebody wants another name. */
  readonly name: string
  /** Where its key is usually kept. */
  readonly keyVariable: string
  /** What to ask for; vendors' own APIs have one address. */
  readonly address?: string
  readonly example?: string
}

export const PROVIDER_KINDS: readonly ProviderKind[] = [
  {
    type: 'azure-openai',
    label: 'Azure OpenAI',
    name: 'azure',
    keyVariable: 'AZURE_OPENAI_API_KEY',
    address: 'The endpoint, as the portal shows it, or the name of the resource',
    example: 'https://acme.openai.azure.com',
  },
  {
    type: 'azure-foundry',
    label: 'Azure AI Foundry (Claude and others)',
    name: 'foundry',
    keyVariable: 'FOUNDRY_API_KEY',
    address: 'The endpoint, as the portal shows it, or the name of the resource',
    example: 'https://acme.services.ai.azure.com',
  },
  { type: 'openai', label: 'OpenAI', name: 'openai', keyVariable: 'OPENAI_API_KEY' },
  { type: 'anthropic', label: 'Anthropic', name: 'anthropic', keyVariable: 'ANTHROPIC_API_KEY' },
  { type: 'gemini', label: 'Google Gemini', name: 'gemini', keyVariable: 'GEMINI_API_KEY' },
  {
    type: 'openai-compatible',
    label: 'Another server that speaks like OpenAI (Ollama, vLLM, OpenRouter, …)',
    name: 'server',
    keyVariable: 'OPENAI_COMPATIBLE_API_KEY',
    address: `Its base URL, or one of ${Object.keys(presets).slice(0, 6).join(', ')}, …`,
    example: 'http://localhost:11434/v1',
  },
]

/** The kind of this type. */
export function kindOf(type: ProviderType): ProviderKind {
  const kind = PROVIDER_KINDS.find((each) => each.type === type)
  if (kind === undefined) throw new Error(`no such type of provider: ${type}`)
  return kind
}
