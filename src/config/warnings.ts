import type { Config } from './config.ts'
import { REQUEST_CLASSES } from '../routing/condition.ts'
import { suggest } from './nearest.ts'
import { isLoopback } from './urls.ts'

const KNOWN_CLASSES: readonly string[] = REQUEST_CLASSES

/** What works but is probably not meant. */
export function warningsOf(config: Pick<Config, 'providers' | 'models'>): readonly string[] {
  const warnings: string[] = []
  const providers = Object.values(config.providers)
  if (providers.length === 0) warnings.push('No providers are configured: every request will fail')
  else if (config.models.length === 0)
    warnings.push('No models are configured: clients must ask for `provider/model`')

  for (const provider of providers) {
    const keyless = provider.apiKey === undefined && !('auth' in provider && provider.auth === 'entra')
    const address = [provider.baseUrl, 'endpoint' in provider ? provider.endpoint : undefined].find(Boolean)
    const local = address !== undefined && isLoopback(URL.parse(address)?.hostname ?? '')
    const sendsHeader = Object.keys(provider.headers).some((name) => /authorization|key|token/i.test(name))
    if (keyless && !local && !sendsHeader && provider.type !== 'openai-compatible')
      warnings.push(`Provider ${provider.name} has no apiKey: its requests carry no credentials`)
  }

  const all = config.models.findIndex(
    ({ pattern, steps }) => pattern === '*' && steps.some(({ when }) => when === undefined),
  )
  for (const rule of all < 0 ? [] : config.models.slice(all + 1)) {
    // A name that is written in full is found before any pattern.
    if (rule.pattern.includes('*'))
      warnings.push(`models: \`${rule.pattern}\` is never reached, because \`*\` stands before it`)
  }
  for (const { pattern, steps } of config.models) {
    const classes = steps.flatMap(({ when }) => when?.class ?? [])
    for (const unknown of classes.filter((name) => !KNOWN_CLASSES.includes(name)))
      warnings.push(
        `models: \`${pattern}\`: Claude Code has no class \`${unknown}\` that Dragoman knows of. ${suggest(unknown, KNOWN_CLASSES)}`.trim(),
      )
  }
  return warnings
}
