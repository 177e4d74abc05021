import { listUpstreamModels, type UpstreamModels } from '../upstream-models/list.ts'
import type { ListDeps, UpstreamModel } from '../upstream-models/get-json.ts'
import { suggest } from '../../config/nearest.ts'
import { keyFault } from '../../config/secrets.ts'
import type { Environment } from '../../config/paths.ts'
import type { ProviderConfig } from '../../providers/config.ts'
import { Failure, UsageError, type Arguments } from '../command.ts'
import type { Asker, Choice } from './asker.ts'
import type { Answers } from './config-file.ts'
import { identify, type Identified } from './identify.ts'
import { kindOf, PROVIDER_KINDS, type ProviderType } from './provider-kinds.ts'

/** Where the provider's credential is. A new key goes into `.env`, never into the config. */
export type Credential =
  | { readonly kind: 'none' | 'entra' }
  /** `value` is to be written into `.env`; without it the variable is set already. */
  | { readonly kind: 'key'; readonly variable: string; readonly value?: string }

export type Place = { readonly identified: Identified; readonly name: string }

/** What the flow is given of the outside world. */
export type FlowDeps = ListDeps & {
  readonly asker: Asker
  readonly args: Arguments
  readonly env: Environment
  readonly readInput: () => Promise<string>
}

/** Asks where the models are, and says what the address turned out to be. */
export async function askPlace({ asker, args }: FlowDeps): Promise<Place> {
  const { provider, endpoint, name } = args.text
  const type = provider === undefined ? undefined : typeNamed(provider)
  const chosen =
    type ??
    (endpoint === undefined
      ? typeNamed(
          await asker.choose({
            flag: 'provider',
            message: 'Where are your models?',
            choices: PROVIDER_KINDS.map((kind) => ({ value: kind.type, label: kind.label })),
          }),
        )
      : undefined)
  const address = endpoint ?? (await askAddress(asker, chosen))
  const identified =
    address === undefined && chosen !== undefined
      ? { type: chosen, where: {}, sentence: `${kindOf(chosen).label}: the vendor's own API` }
      : identify(address ?? '', type ?? (isOpen(chosen) ? undefined : chosen))
  asker.say(identified.sentence)
  return { identified, name: name ?? identified.preset?.name ?? kindOf(identified.type).name }
}

/** A pasted address tells Azure's two kinds and servers of one's own apart better than a menu does. */
function isOpen(type: ProviderType | undefined): boolean {
  return type === 'azure-openai' || type === 'azure-foundry' || type === 'openai-compatible'
}

async function askAddress(asker: Asker, type: ProviderType | undefined): Promise<string | undefined> {
  const kind = type === undefined ? undefined : kindOf(type)
  if (kind?.address === undefined) return undefined
  return await asker.text({
    flag: 'endpoint',
    message: kind.address,
    ...(kind.example !== undefined && { example: kind.example }),
    fault: (answer) => {
      try {
        identify(answer)
        return undefined
      } catch (thrown) {
        return thrown instanceof Error ? thrown.message : String(thrown)
      }
    },
  })
}

function typeNamed(text: string): ProviderType {
  const types = PROVIDER_KINDS.map((kind) => kind.type)
  const found = types.find((type) => type === text.toLowerCase())
  if (found === undefined)
    throw new UsageError(`There is no provider "${text}". ${suggest(text, types).replaceAll('`', '')}`)
  return found
}

/** Asks how to sign in. */
export async function askCredential({ identified }: Place, deps: FlowDeps): Promise<Credential> {
  const { asker, args, env, readInput } = deps
  const { type, preset } = identified
  const azure = type === 'azure-openai' || type === 'azure-foundry'
  const auth = args.text.auth ?? (azure && !namesKey(args) ? undefined : 'key')
  if (auth !== undefined && auth !== 'key' && auth !== 'entra')
    throw new UsageError(`--auth is key or entra, not "${auth}"`)
  if (auth === 'entra' && !azure) throw new UsageError(`--auth entra is for Azure, not for ${type}`)

  const variable = args.text['api-key-env'] ?? preset?.keyVariable ?? kindOf(type).keyVariable
  if (!/^[A-Za-z_]\w*$/.test(variable))
    throw new UsageError('--api-key-env takes the name of a variable, not a key')
  if (auth === 'entra') return { kind: 'entra' }
  if (args.on.has('api-key-stdin')) return given(variable, await readInput())
  if (args.text['api-key-env'] !== undefined) {
    const value = env[variable]
    if (!value) throw new Failure(`${variable} is not set, neither here nor in .env`)
    return args.on.has('save-key') ? given(variable, value) : { kind: 'key', variable }
  }
  if (type === 'openai-compatible' && !needsKey(identified)) return { kind: 'none' }

  const choices: readonly Choice[] = [
    ...(env[variable] ? [{ value: 'environment', label: `The key in ${variable}, which is set` }] : []),
    { value: 'key', label: 'A key, which I paste now', hint: `kept in .env as ${variable}` },
    ...(azure
      ? [{ value: 'entra', label: 'Microsoft Entra ID', hint: 'az login, or a managed identity: no key' }]
      : []),
    ...(type === 'openai-compatible' ? [{ value: 'none', label: 'It needs none' }] : []),
  ]
  const how = await asker.choose({
    flag: 'api-key-env NAME, --api-key-stdin or --auth entra',
    message: 'How does the gateway sign in there?',
    choices,
    ...(env[variable] && { initial: 'environment' }),
  })
  if (how === 'environment') return { kind: 'key', variable }
  if (how === 'entra' || how === 'none') return { kind: how }
  return given(
    variable,
    await asker.secret({ flag: 'api-key-stdin', message: `The key (kept in .env as ${variable})` }),
  )
}

function namesKey({ text, on }: Arguments): boolean {
  return text['api-key-env'] !== undefined || on.has('api-key-stdin')
}

/** Servers on this machine want no key, and known ones say whether they do. */
function needsKey({ where, preset }: Identified): boolean {
  if (preset !== undefined) return preset.keyVariable !== undefined
  return !/^https?:\/\/(?:localhost|127\.|\[::1\])/.test(where.baseUrl ?? '')
}

function given(variable: string, text: string): Credential {
  const value = text.trim()
  if (value === '') throw new Failure('The key is empty')
  const fault = keyFault(value)
  if (fault !== undefined) throw new Failure(`The key cannot be one: it ${fault.replace(/^`.*?` /, '')}`)
  return { kind: 'key', variable, value }
}

/** The provider's keys in the config file. */
export function providerSettings(
  { identified }: Place,
  credential: Credential,
  { text }: Arguments,
): Readonly<Record<string, string>> {
  const apiVersion = text['api-version']
  return {
    type: identified.type,
    ...identified.where,
    ...(apiVersion !== undefined && { apiVersion }),
    ...(credential.kind === 'entra' && { auth: 'entra' }),
    ...(credential.kind === 'key' && { apiKey: `\${${credential.variable}}` }),
  }
}

/** Asks which models the three sizes are, offering what the upstream says that it has. */
export async function askModels(
  { identified }: Place,
  provider: ProviderConfig,
  deps: FlowDeps,
): Promise<Answers['models']> {
  const { asker, args } = deps
  const { big, middle, small } = args.text
  const complete = big !== undefined && middle !== undefined && small !== undefined
  const found: UpstreamModels = complete
    ? { ok: true, models: [] }
    : await asker.during('Asking what it has', () => listUpstreamModels(provider, deps))
  if (!found.ok) asker.say(`It does not list what it has (${found.reason}): type the names`)
  const models = found.ok ? found.models : []
  const ask = async (flag: 'big' | 'middle' | 'small', size: string, initial: string | undefined) =>
    args.text[flag] ?? (await askModel(asker, { flag, message: size }, models, initial))
  const first = await ask(
    'big',
    `Which ${wordFor(identified.type)} is opus, the largest?`,
    identified.deployment ?? guess(models, BIG),
  )
  const second = await ask('middle', 'And sonnet, the one for every day?', first)
  const third = await ask('small', 'And haiku, the small and fast one?', guess(models, SMALL) ?? second)
  return { big: first, middle: second, small: third }
}

function wordFor(type: ProviderType): string {
  return type === 'azure-openai' || type === 'azure-foundry' ? 'deployment' : 'model'
}

const BIG = /opus|gpt-[5-9](?!.*(?:mini|nano))|gemini-.*pro/i
const SMALL = /haiku|mini|nano|flash|small/i
const OTHER = '(another name)'
/** Embeddings and the like answer no questions. */
const SILENT = /embed|whisper|tts|dall-e|image|moderation|rerank|transcribe|realtime|sora/i

function guess(models: readonly UpstreamModel[], pattern: RegExp): string | undefined {
  return models.find(({ name, model }) => !SILENT.test(name) && pattern.test(`${name} ${model ?? ''}`))?.name
}

async function askModel(
  asker: Asker,
  question: { readonly flag: string; readonly message: string },
  models: readonly UpstreamModel[],
  initial: string | undefined,
): Promise<string> {
  const choices = models
    .filter(({ name, model }) => !SILENT.test(`${name} ${model ?? ''}`))
    .map(({ name, model }) => ({
      value: name,
      label: name,
      ...(model !== undefined && model !== name && { hint: model }),
    }))
  if (choices.length > 0) {
    // A deployment in a pasted address counts, listed or not.
    const missing = initial !== undefined && !choices.some(({ value }) => value === initial)
    const chosen = await asker.choose({
      ...question,
      choices: [
        ...(missing ? [{ value: initial, label: initial }] : []),
        ...choices,
        { value: OTHER, label: OTHER },
      ],
      ...(initial !== undefined && { initial }),
    })
    if (chosen !== OTHER) return chosen
  }
  return await asker.text({ ...question, ...(initial !== undefined && { initial }) })
}
