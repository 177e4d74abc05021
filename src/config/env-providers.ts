/**
 * A name that users of other proxies bring along. Names beside each other mean the same; the first that is set
 * counts.
 */
export type EnvName = {
  readonly names: readonly string[]
  /** One sentence, for the documentation. */
  readonly means: string
}

/** A name whose value is a field of a provider. */
export type EnvField = EnvName & { readonly field: string }

/** A provider that the environment configures. */
export type EnvProvider = {
  readonly name: string
  readonly type: string
  /** Where it is: any one of these makes the provider. Empty for vendors' own APIs, which the key alone makes. */
  readonly address: readonly EnvField[]
  readonly key: EnvName
  /** Without a key: the client's own is forwarded, none is sent, or the provider is only half there. */
  readonly keyless: 'client' | 'none' | 'half'
  readonly fields: readonly EnvField[]
}

const DATED: EnvField = {
  field: 'apiVersion',
  names: ['AZURE_OPENAI_APIVERSION', 'AZURE_OPENAI_API_VERSION', 'AZURE_API_VERSION', 'OPENAI_API_VERSION'],
  means: 'A dated API version of Azure OpenAI; the v1 API when unset.',
}
const DATED_RESPONSES: EnvField = {
  field: 'responsesApiVersion',
  names: ['AZURE_OPENAI_RESPONSES_APIVERSION'],
  means: 'The dated API version for Responses.',
}
const DATED_MODELS: EnvField = {
  field: 'modelsApiVersion',
  names: ['AZURE_OPENAI_MODELS_APIVERSION'],
  means: 'The dated API version for listing what the resource has.',
}
const ANTHROPIC_VERSION: EnvField = {
  field: 'anthropicVersion',
  names: ['ANTHROPIC_APIVERSION'],
  means: 'The `anthropic-version` header for Claude.',
}

export const AZURE: EnvProvider = {
  name: 'azure',
  type: 'azure-openai',
  address: [
    {
      field: 'endpoint',
      names: ['AZURE_OPENAI_ENDPOINT'],
      means: 'The Azure OpenAI resource, in any pasted form.',
    },
  ],
  key: {
    names: ['AZURE_OPENAI_KEY', 'AZURE_OPENAI_API_KEY'],
    means: "The resource's key; without one, the client's own key is forwarded.",
  },
  keyless: 'client',
  fields: [DATED, DATED_RESPONSES, DATED_MODELS],
}

export const FOUNDRY: EnvProvider = {
  name: 'foundry',
  type: 'azure-foundry',
  address: [
    {
      field: 'resource',
      names: ['FOUNDRY_RESOURCE', 'ANTHROPIC_FOUNDRY_RESOURCE'],
      means: 'The Azure AI Foundry resource.',
    },
    {
      field: 'baseUrl',
      names: ['ANTHROPIC_FOUNDRY_BASE_URL'],
      means: 'The URL that precedes `/v1/messages` on Azure AI Foundry, instead of the resource.',
    },
  ],
  key: { names: ['FOUNDRY_API_KEY', 'ANTHROPIC_FOUNDRY_API_KEY'], means: "The resource's key." },
  keyless: 'half',
  fields: [ANTHROPIC_VERSION],
}

const OPENAI_URL: EnvName = {
  names: ['OPENAI_BASE_URL'],
  means: 'An OpenAI-compatible server, or an Azure OpenAI URL in any pasted form.',
}
const OPENAI_KEY: EnvName = {
  names: ['OPENAI_API_KEY'],
  means: "OpenAI's key, or that of `OPENAI_BASE_URL`.",
}

export const OPENAI: EnvProvider = {
  name: 'openai',
  type: 'openai',
  address: [],
  key: OPENAI_KEY,
  keyless: 'half',
  fields: [{ ...OPENAI_URL, field: 'baseUrl' }],
}

/** `OPENAI_BASE_URL` on Azure. */
export const OPENAI_ON_AZURE: EnvProvider = {
  name: 'azure',
  type: 'azure-openai',
  address: [{ ...OPENAI_URL, field: 'endpoint' }],
  key: OPENAI_KEY,
  keyless: 'client',
  fields: [DATED, DATED_RESPONSES, DATED_MODELS],
}

/** `OPENAI_BASE_URL` anywhere else. */
export const OPENAI_COMPATIBLE: EnvProvider = {
  name: 'openai',
  type: 'openai-compatible',
  address: [{ ...OPENAI_URL, field: 'baseUrl' }],
  key: OPENAI_KEY,
  keyless: 'none',
  fields: [],
}

export const GEMINI: EnvProvider = {
  name: 'gemini',
  type: 'gemini',
  address: [],
  key: { names: ['GEMINI_API_KEY'], means: "Gemini's key." },
  keyless: 'half',
  fields: [],
}

export const ANTHROPIC: EnvProvider = {
  name: 'anthropic',
  type: 'anthropic',
  address: [],
  key: {
    names: ['ANTHROPIC_API_KEY'],
    means:
      "Anthropic's key. Ignored when Claude Code's own session handed it down and another provider is set up.",
  },
  keyless: 'half',
  fields: [ANTHROPIC_VERSION],
}

/** OpenAI in that mode. */
export const OPENAI_BY_MODE: EnvProvider = {
  name: 'openai',
  type: 'openai',
  address: [],
  key: OPENAI_KEY,
  keyless: 'client',
  fields: [],
}
