import { asObject, type JsonObject } from '../ir/json.ts'
import type { Source } from './document.ts'
import { firstProvider, modelRules } from './env-models.ts'
import * as names from './env-names.ts'
import type { EnvName, EnvProvider } from './env-names.ts'
import { showPath, type Path } from './issues.ts'
import type { Environment } from './paths.ts'
import { replaceAt, valueAt } from './tree.ts'

/** What the environment amounts to, in the form of a config file. */
export type EnvironmentSource = Source & {
  readonly warnings: readonly string[]
  /** What lacks for a provider, such as "FOUNDRY_RESOURCE is set, but FOUNDRY_API_KEY is not". */
  readonly halves: readonly string[]
}

/**
 * Reads the names that users of other proxies bring along, as if they were a config file. Secrets stay references
 * (`${OPENAI_API_KEY}`), so that the tree can be written down as a file.
 *
 * @param inherited whether a variable was handed down by the surrounding process rather than read from `.env`
 */
export function fromEnvironment(env: Environment, inherited: (name: string) => boolean): EnvironmentSource {
  const draft = new Draft(env)
  const warnings: string[] = []

  const mode = draft.find(names.PROXY_MODE)?.value.toLowerCase() ?? 'azure'
  if (mode !== 'azure' && mode !== 'openai')
    warnings.push(`AZURE_OPENAI_PROXY_MODE is ${mode}, which is neither azure nor openai: azure counts`)
  const toOpenai = mode === 'openai'
  if (!toOpenai) draft.provider(names.AZURE)
  draft.provider(names.FOUNDRY)
  const openai = toOpenai ? names.OPENAI_BY_MODE : openaiProvider(env.OPENAI_BASE_URL, draft.providers)
  if (toOpenai) draft.openaiByMode()
  else draft.provider(openai)
  const serverless = toOpenai ? [] : draft.serverless()
  draft.provider(names.GEMINI)
  if (draft.providers.length > 0 && env.ANTHROPIC_API_KEY && isClaudeCodes(env, inherited)) {
    warnings.push("ANTHROPIC_API_KEY is Claude Code's own and was ignored: another provider is set up")
  } else draft.provider(names.ANTHROPIC)

  for (const { path, read, ...name } of names.GENERAL_SETTINGS) {
    const found = draft.find(name)
    const value = found === undefined || read === undefined ? found?.value : read(found.value)
    if (found !== undefined && value !== undefined) draft.set(path, value, found.name)
  }

  const { MODEL_NAMES } = names
  const valueOf = (name: EnvName) => draft.find(name)?.value
  const models = {
    providers: draft.providers,
    open: openai.type === 'openai-compatible' ? ['openai'] : [],
    preferred: valueOf(MODEL_NAMES.preferred),
    mapper: valueOf(MODEL_NAMES.mapper),
    claude: valueOf(MODEL_NAMES.claude),
    big: valueOf(MODEL_NAMES.big),
    middle: valueOf(MODEL_NAMES.middle),
    small: valueOf(MODEL_NAMES.small),
    maxOutputTokens: valueOf(MODEL_NAMES.maxOutputTokens),
    minOutputTokens: valueOf(MODEL_NAMES.minOutputTokens),
    serverless,
  }
  const rules = modelRules(models)
  for (const { pattern, value, from } of rules) {
    const variables = from.flatMap((key) =>
      key in MODEL_NAMES ? MODEL_NAMES[key as keyof typeof MODEL_NAMES].names : [],
    )
    draft.set(['models', pattern], value, ...variables)
  }

  const first = firstProvider(models)
  const wanted = models.preferred?.toLowerCase().replace('google', 'gemini')
  if (first !== undefined && wanted !== undefined && wanted !== first)
    warnings.push(`PREFERRED_PROVIDER is ${models.preferred}, which is not set up; ${first} comes first`)
  const headed = draft.providers.includes(openai.name) && env.OPENAI_API_KEY ? openai.name : first
  if (headed !== undefined) draft.headers(headed)

  return { ...draft.source(rules.map(({ pattern }) => pattern)), warnings, halves: draft.halves }
}

/** What `OPENAI_API_KEY` and `OPENAI_BASE_URL` stand for: OpenAI, an Azure resource, or another server. */
function openaiProvider(baseUrl: string | undefined, taken: readonly string[]): EnvProvider {
  if (baseUrl === undefined || baseUrl === '') return names.OPENAI
  const host = URL.parse(baseUrl.includes('://') ? baseUrl : `https://${baseUrl}`)?.hostname ?? ''
  if (host === 'api.openai.com') return names.OPENAI
  if (!/\.(?:azure\.(?:com|us|cn)|azure-api\.net)$/.test(host)) return names.OPENAI_COMPATIBLE
  return taken.includes('azure') ? { ...names.OPENAI_ON_AZURE, name: 'openai' } : names.OPENAI_ON_AZURE
}

/** Claude Code hands its own key to the programs that it starts. */
function isClaudeCodes(env: Environment, inherited: (name: string) => boolean): boolean {
  return Boolean(env.CLAUDECODE ?? env.CLAUDE_CODE_SESSION_ID) && inherited('ANTHROPIC_API_KEY')
}

/** A config in the making, with the variable that each value came from. */
class Draft {
  readonly providers: string[] = []
  readonly halves: string[] = []
  readonly #env: Environment
  readonly #origins = new Map<string, string>()
  #tree: JsonObject = {}

  constructor(env: Environment) {
    this.#env = env
  }

  /** The first of a name's spellings that is set. */
  find({ names: spellings }: EnvName): { name: string; value: string } | undefined {
    for (const name of spellings) {
      const value = this.#env[name]?.trim()
      if (value !== undefined && value !== '') return { name, value }
    }
    return undefined
  }

  /** Sets a value that nothing set before. */
  set(path: Path, value: unknown, ...from: readonly string[]): void {
    if (valueAt(this.#tree, path) !== undefined) return
    // Values are not read for references once more.
    this.#tree = replaceAt(
      this.#tree,
      path,
      typeof value === 'string' ? value.replaceAll('${', '$${') : value,
    )
    this.#origins.set(showPath(path), from.length === 0 ? 'default' : `env ${from.join(', ')}`)
  }

  /** Adds a provider when its names are set. */
  provider({ name, type, address, key, keyless, fields }: EnvProvider): void {
    const places = address.flatMap((field) => {
      const found = this.find(field)
      return found === undefined ? [] : [{ ...found, field: field.field }]
    })
    const [place] = places
    const secret = this.find(key)
    if (place === undefined && secret === undefined) return
    const missing =
      place === undefined && address.length > 0
        ? address.map((field) => field.names[0]).join(' or ')
        : secret === undefined && keyless === 'half'
          ? key.names[0]
          : undefined
    if (missing !== undefined) {
      this.halves.push(`${(place ?? secret)?.name} is set, but ${missing} is not`)
      return
    }

    const path = ['providers', name]
    this.providers.push(name)
    this.set([...path, 'type'], type, place?.name ?? secret?.name ?? '')
    if (place !== undefined) this.set([...path, place.field], place.value, place.name)
    if (secret !== undefined) this.#reference([...path, 'apiKey'], secret.name)
    else if (keyless === 'client') this.set([...path, 'apiKey'], 'client')
    for (const field of fields) {
      const found = this.find(field)
      if (found !== undefined) this.set([...path, field.field], found.value, found.name)
    }
  }

  /** OpenAI for everything, with the client's own key unless there is one. */
  openaiByMode(): void {
    const { name, type, key, keyless } = names.OPENAI_BY_MODE
    const path = ['providers', name]
    this.providers.push(name)
    const [mode = ''] = names.PROXY_MODE.names
    this.set([...path, 'type'], type, mode)
    this.set([...path, 'anyPath'], true, mode)
    const endpoint = this.find(names.OPENAI_ENDPOINT)
    if (endpoint !== undefined)
      this.set([...path, 'baseUrl'], `${endpoint.value.replace(/\/+$|\/v1\/*$/, '')}/v1`, endpoint.name)
    const secret = this.find(key)
    if (secret === undefined) this.set([...path, 'apiKey'], keyless)
    else this.#reference([...path, 'apiKey'], secret.name)
  }

  /** A provider for each serverless deployment; each has a host of its own. */
  serverless(): readonly { readonly name: string; readonly provider: string }[] {
    const found = this.find(names.MODEL_NAMES.serverless)
    return (found?.value ?? '').split(',').flatMap((pair) => {
      const [, name, deployment, region] = /^\s*([^=\s]+)\s*=\s*([\w-]+)\s*:\s*([\w-]+)\s*$/.exec(pair) ?? []
      if (name === undefined || found === undefined) {
        if (pair.trim() !== '')
          this.halves.push(`${found?.name} has "${pair.trim()}", which is not name=Deployment:region`)
        return []
      }
      const provider = name.toLowerCase().replace(/[^\w.-]+/g, '-')
      const path = ['providers', provider]
      this.providers.push(provider)
      this.set([...path, 'type'], 'azure-openai', found.name)
      this.set([...path, 'endpoint'], `https://${deployment}.${region}.models.ai.azure.com`, found.name)
      const key = names.SERVERLESS_KEY_PREFIX + name.toUpperCase()
      const secret = this.find({ names: [key, key.replace(/\W/g, '_')], means: '' })
      if (secret === undefined) this.set([...path, 'apiKey'], 'client')
      else this.#reference([...path, 'apiKey'], secret.name)
      return [{ name, provider }]
    })
  }

  /** Gives a provider the headers of `CUSTOM_HEADER_*`. */
  headers(provider: string): void {
    for (const name of Object.keys(this.#env).toSorted()) {
      if (!name.startsWith(names.HEADER_PREFIX) || !this.#env[name]) continue
      const header = name.slice(names.HEADER_PREFIX.length).replaceAll('_', '-')
      this.#reference(['providers', provider, 'headers', header], name)
    }
  }

  source(patterns: readonly string[]): Source {
    return {
      name: 'environment',
      tree: asObject(this.#tree),
      patterns,
      locate: (path) => {
        for (let depth = path.length; depth > 0; depth -= 1) {
          const found = this.#origins.get(showPath(path.slice(0, depth)))
          if (found !== undefined) return found
        }
        return 'environment'
      },
    }
  }

  #reference(path: Path, name: string): void {
    this.#tree = replaceAt(this.#tree, path, `\${${name}}`)
    this.#origins.set(showPath(path), `env ${name}`)
  }
}
