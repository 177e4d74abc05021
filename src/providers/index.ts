import { anthropic } from './anthropic.ts'
import type { ProviderDeps } from './azure.ts'
import { azureFoundry } from './azure-foundry.ts'
import { azureOpenAI } from './azure-openai.ts'
import type { ProviderConfig } from './config.ts'
import { gemini } from './gemini.ts'
import { openaiCompatible } from './openai-compatible.ts'
import { openai } from './openai.ts'
import type { Provider } from './provider.ts'

export type { ProviderDeps } from './azure.ts'
export type { Provider } from './provider.ts'

/**
 * Makes a provider from its config. Addresses are read here, so that a wrong one is noticed at start and not at the
 * first request.
 *
 * @throws GatewayError `invalid-request` whose `param` is the config key at fault
 */
export function createProvider(config: ProviderConfig, deps: ProviderDeps = {}): Provider {
  switch (config.type) {
    case 'azure-openai':
      return azureOpenAI(config, deps)
    case 'azure-foundry':
      return azureFoundry(config, deps)
    case 'openai':
      return openai(config)
    case 'anthropic':
      return anthropic(config)
    case 'gemini':
      return gemini(config)
    case 'openai-compatible':
      return openaiCompatible(config)
    default:
      throw new Error(`no such provider type: ${JSON.stringify(config satisfies never)}`)
  }
}
