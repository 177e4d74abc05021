/** What the environment says about models. */
export type EnvModels = {
  /** The providers that are configured, by the names that prefixes and `PREFERRED_PROVIDER` use. */
  readonly providers: readonly string[]
  /** Providers that serve models of any maker, such as a local server behind `OPENAI_BASE_URL`. */
  readonly open: readonly string[]
  readonly preferred: string | undefined
  readonly big: string | undefined
  readonly middle: string | undefined
  readonly small: string | undefined
  /** `CLAUDE_MODEL`. */
  readonly claude: string | undefined
  /** `name=deployment` pairs. */
  readonly mapper: string | undefined
  /** Text, as the environment has it. */
  readonly maxOutputTokens: string | undefined
  readonly minOutputTokens: string | undefined
  /** Serverless deployments, by the name that is asked for. */
  readonly serverless: readonly { readonly name: string; readonly provider: string }[]
}

type Size = 'big' | 'middle' | 'small'

/** A line of `models` in the form of the config file, and what in the environment decided it. */
export type EnvRule = {
  readonly pattern: string
  readonly value: unknown
  readonly from: readonly (keyof EnvModels)[]
}
type Rule = {
  readonly pattern: string
  readonly targets: readonly string[]
  readonly from: readonly (keyof EnvModels)[]
}

/** The order in which the other providers follow the preferred one. */
const FALLBACK_ORDER = ['openai', 'gemini', 'azure', 'anthropic', 'foundry'] as const
/** What the proxies that had these names called their providers. */
const ALIASES: Readonly<Record<string, string>> = { google: 'gemini' }

/**
 * What a provider serves when the environment does not say: the defaults of the proxies whose names these are.
 * `*` passes the requested name on; Azure has deployments, whose names nobody can guess.
 */
const DEFAULTS: Readonly<Record<string, Readonly<Record<Size, string>>>> = {
  openai: { big: 'gpt-4.1', middle: 'gpt-4.1', small: 'gpt-4.1-mini' },
  gemini: { big: 'gemini-2.5-pro', middle: 'gemini-2.5-pro', small: 'gemini-2.5-flash' },
  azure: { big: '*', middle: '*', small: '*' },
  anthropic: { big: '*', middle: '*', small: '*' },
  foundry: { big: '*', middle: '*', small: '*' },
}

/** The provider that comes first: the preferred one when it is configured, else the first in the order. */
export function firstProvider(models: Pick<EnvModels, 'providers' | 'preferred'>): string | undefined {
  const preferred = models.preferred?.toLowerCase()
  const wanted = preferred === undefined ? undefined : (ALIASES[preferred] ?? preferred)
  if (wanted !== undefined && models.providers.includes(wanted)) return wanted
  return FALLBACK_ORDER.find((name) => models.providers.includes(name))
}

/** The rules that the environment amounts to, in their order. */
export function modelRules(models: EnvModels): readonly EnvRule[] {
  const first = firstProvider(models)
  if (first === undefined)
    return serverlessRules(models).map(({ targets: [value], ...rule }) => ({ ...rule, value }))
  const rest =
    models.claude !== undefined && models.providers.includes('foundry')
      ? [{ pattern: '*', targets: [`foundry/${models.claude}`], from: ['claude'] as const }]
      : sizeRules(first, models)
  const { maxOutputTokens, minOutputTokens } = models
  const limits = {
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(minOutputTokens !== undefined && { minOutputTokens }),
  }
  return [...mappedRules(models), ...serverlessRules(models), ...rest].map(({ pattern, targets, from }) => ({
    pattern,
    value: section(targets, limits),
    from: [...from, ...(Object.keys(limits) as (keyof typeof limits)[])],
  }))
}

/** Claude's sizes on the first provider, the others behind it; other names pass as they are. */
function sizeRules(first: string, models: EnvModels): readonly Rule[] {
  const others = FALLBACK_ORDER.filter((name) => name !== first && models.providers.includes(name))
  const rule = (pattern: string, size: Size): Rule => {
    const fallbacks = others.flatMap((provider) => {
      const model = modelFor(provider, size, models)
      // No deployment on Azure is called like a Claude model.
      return provider === 'azure' && model === '*' ? [] : [`${provider}/${model}`]
    })
    const from = size === 'middle' && models.middle === undefined ? 'big' : size
    return {
      pattern,
      targets: [`${first}/${modelFor(first, size, models)}`, ...fallbacks],
      from: models[from] === undefined ? [] : [from],
    }
  }
  return [
    rule('*haiku*', 'small'),
    rule('*sonnet*', 'middle'),
    rule('*opus*', 'big'),
    rule('claude*', 'big'),
    ...(models.providers.includes('gemini')
      ? [{ pattern: 'gemini-*', targets: ['gemini/*'], from: [] }]
      : []),
    { pattern: '*', targets: [`${first}/*`], from: [] },
  ]
}

/** Lower-cased: a requested name is tried so too. */
function mappedRules({ mapper, providers }: EnvModels): readonly Rule[] {
  if (mapper === undefined || !providers.includes('azure')) return []
  return mapper.split(',').flatMap((pair) => {
    const [name, deployment] = pair.split('=').map((side) => side.trim())
    return name && deployment
      ? [{ pattern: name.toLowerCase(), targets: [`azure/${deployment}`], from: ['mapper'] as const }]
      : []
  })
}

/** A serverless deployment is reached by its name alone, and has one model. */
function serverlessRules({ serverless }: EnvModels): readonly Rule[] {
  return serverless.map(({ name, provider }) => ({
    pattern: name.toLowerCase(),
    targets: [`${provider}/${name}`],
    from: ['serverless'] as const,
  }))
}

function modelFor(provider: string, size: Size, models: EnvModels): string {
  const given = size === 'middle' ? (models.middle ?? models.big) : models[size]
  if (given !== undefined) {
    const { prefix, model } = withoutPrefix(given, models.providers)
    if (prefix === undefined ? serves(provider, model, models) : prefix === provider) return model
  }
  return DEFAULTS[provider]?.[size] ?? '*'
}

/** `gemini/gemini-2.5-pro` names its provider; `org/model` is a model's name when no provider is called `org`. */
function withoutPrefix(given: string, providers: readonly string[]): { prefix?: string; model: string } {
  const slash = given.indexOf('/')
  const first = given.slice(0, Math.max(slash, 0)).toLowerCase()
  const prefix = ALIASES[first] ?? first
  return providers.includes(prefix) ? { prefix, model: given.slice(slash + 1) } : { model: given }
}

/** Whether a provider can be expected to have a model of this name. */
function serves(provider: string, model: string, models: EnvModels): boolean {
  if (models.open.includes(provider) || models.providers.length === 1) return true
  const name = model.toLowerCase()
  if (name.startsWith('gemini')) return provider === 'gemini'
  if (name.startsWith('claude')) return provider === 'anthropic' || provider === 'foundry'
  return provider === 'openai' || provider === 'azure'
}

function section(targets: readonly string[], limits: Readonly<Record<string, string>>): unknown {
  const limited = Object.keys(limits).length > 0
  const each = targets.map((target) => (limited ? { target, ...limits } : target))
  return each.length === 1 ? each[0] : each
}
