import { GatewayError, invalidRequest } from '../../errors.ts'
import type { CarriedOperation, Carrier } from '../../providers/carrier.ts'
import type { Provider } from '../../providers/provider.ts'
import type { RequestFacts } from '../../routing/condition.ts'
import { route } from '../../routing/route.ts'
import type { TargetRef } from '../../routing/rule.ts'
import type { GatewaySettings } from '../deps.ts'

/** One place that a request may be carried to. */
export type CarryTarget = {
  /** `provider/model`, or the provider alone where no model is named. */
  readonly name: string
  readonly provider: Provider
  readonly carrier: Carrier
  /** The upstream's model or deployment name. */
  readonly model?: string
}

/** All that decides where a request is carried. */
export type Wish = {
  readonly operation: CarriedOperation
  /** How the client wrote it, for messages: `POST /v1/embeddings`. */
  readonly route: string
  readonly model: string | undefined
  /** The client's `x-dragoman-target`: a provider, or `provider/model`. */
  readonly pinned: string | undefined
  /** The provider that made what the request is about. */
  readonly owner: string | undefined
}

type Settings = Pick<GatewaySettings, 'rules' | 'providers'>

/**
 * The places for a request, best first: by its model through the config's rules, else the provider that made what it is
 * about, else every provider that has the operation, in the order of the config. The client's pin beats them all.
 *
 * @throws GatewayError `not-supported` when nobody has the operation, `not-found` for a model that no rule names
 */
export function candidates(wish: Wish, settings: Settings, facts: RequestFacts): readonly CarryTarget[] {
  const carriers = [...settings.providers.values()].flatMap((provider) => {
    const { carrier } = provider
    return carrier?.has(wish.operation) === true ? [{ provider, carrier }] : []
  })
  const names = carriers.map(({ provider }) => provider.name)
  const [pinnedProvider, pinnedModel] = splitPin(wish.pinned)
  if (pinnedProvider !== undefined && !settings.providers.has(pinnedProvider)) {
    const known = [...settings.providers.keys()].join(', ')
    throw invalidRequest(`x-dragoman-target: there is no provider '${pinnedProvider}'; there are: ${known}`)
  }
  if (names.length === 0) throw nobody(wish, settings)
  const only = pinnedProvider ?? (names.includes(wish.owner ?? '') ? wish.owner : undefined)
  const refs: readonly Ref[] =
    pinnedModel !== undefined && only !== undefined
      ? [{ provider: only, model: pinnedModel }]
      : refsFor(wish.model, only, names, settings, facts)
  const targets = refs.flatMap(({ provider: name, model }) => {
    const found = carriers.find(({ provider }) => provider.name === name)
    if (found === undefined) return []
    return [
      {
        ...found,
        name: model === undefined ? name : `${name}/${model}`,
        ...(model !== undefined && { model }),
      },
    ]
  })
  if (targets.length === 0) throw elsewhere(wish, refs, names)
  return targets
}

/** True when there is one place for the operation and its address does not depend on the model. */
export function hasOnePlace(
  operation: CarriedOperation,
  pinned: string | undefined,
  settings: Settings,
): boolean {
  const [only, model] = splitPin(pinned)
  const places = [...settings.providers.values()].filter(
    ({ name, carrier }) => carrier?.has(operation) === true && (only ?? name) === name,
  )
  const [place, ...others] = places
  if (place === undefined || others.length > 0) return false
  return model !== undefined || place.carrier?.modelInUrl(operation) === false
}

/**
 * The name of a model at a provider that has been chosen already.
 *
 * @throws GatewayError `not-found` for a name that no rule knows
 */
export function modelAt(provider: string, model: string, settings: Settings, facts: RequestFacts): string {
  const refs = route(model, settings, facts)
  return refs.find((ref) => ref.provider === provider)?.model ?? model
}

type Ref = Pick<TargetRef, 'provider'> & { readonly model?: string }

function refsFor(
  model: string | undefined,
  only: string | undefined,
  names: readonly string[],
  settings: Settings,
  facts: RequestFacts,
): readonly Ref[] {
  if (model === undefined) return (only === undefined ? names : [only]).map((provider) => ({ provider }))
  if (only === undefined) return route(model, settings, facts)
  return [{ provider: only, model: knownModelAt(only, model, settings, facts) }]
}

/** Whoever names the provider may name its models as they are. */
function knownModelAt(provider: string, model: string, settings: Settings, facts: RequestFacts): string {
  try {
    return modelAt(provider, model, settings, facts)
  } catch (thrown) {
    if (thrown instanceof GatewayError && thrown.code === 'not-found') return model
    throw thrown
  }
}

function splitPin(pinned: string | undefined): readonly [provider?: string, model?: string] {
  if (pinned === undefined || pinned.trim() === '') return []
  const [provider = '', ...model] = pinned.trim().split('/')
  return model.length === 0 ? [provider] : [provider, model.join('/')]
}

function nobody(wish: Wish, settings: Settings): GatewayError {
  const types = new Set([...settings.providers.values()].map(({ type }) => type))
  const has = [...types].join(', ') || 'none'
  return unsupported(
    `No configured provider has ${wish.route}. Providers of the types openai, openai-compatible and, but for moderations, ` +
      `image variations and legacy fine-tunes, azure-openai and azure-foundry do; configured types: ${has}`,
  )
}

function elsewhere(wish: Wish, refs: readonly Ref[], names: readonly string[]): GatewayError {
  const places = refs.map(({ provider, model }) => (model === undefined ? provider : `${provider}/${model}`))
  const whose = wish.model === undefined ? '' : ` for the model '${wish.model}'`
  return unsupported(
    `${places.join(', ')} does not have ${wish.route}${whose}; ${names.join(', ')} does. ` +
      `Ask for '${names[0]}/…', or add a line to models`,
  )
}

const unsupported = (message: string): GatewayError =>
  new GatewayError('not-supported', message, { retry: 'never' })
