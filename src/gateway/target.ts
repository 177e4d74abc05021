import { GatewayError } from '../errors.ts'
import { asArray, type JsonObject } from '../ir/json.ts'
import { dialectOf } from '../models/dialect.ts'
import type { ModelProfile } from '../models/profile.ts'
import type { Provider, UpstreamProtocol } from '../providers/provider.ts'
import type { TargetRef } from '../routing/rule.ts'
import type { ClientProtocol } from './call.ts'
import type { Lane } from './lane.ts'
import { upstreamCodec, type UpstreamCodec } from './codecs.ts'
import type { Lesson, Lessons } from './heal/lessons.ts'
import type { IsUnreadable } from './heal/reasoning.ts'

/** One place where a request may be answered, with everything needed to speak to it. */
export type Target = {
  /** `provider/model`, as it is shown to clients. */
  readonly name: string
  readonly provider: Provider
  /** The upstream's model or deployment name. */
  readonly model: string
  readonly profile: ModelProfile
  readonly codec: UpstreamCodec
  readonly lane: Lane
  /** Lower wishes for output are raised to it. Tokens. */
  readonly minOutputTokens?: number
  /** What it refused before, and is not sent again. */
  readonly lessons: readonly Lesson[]
  /** Tells the reasoning of a history that it cannot read; absent where nothing is known to be so. */
  readonly isUnreadable?: IsUnreadable
}

/** What a request needs of a protocol that not all of them have. Asked only where it decides. */
export type Needs = {
  readonly tools: boolean
  /** It may reason: the client has not turned that off. */
  readonly reasoning: boolean
  readonly documents: boolean
  readonly webSearch: boolean
}

const NO_NEEDS: Needs = { tools: false, reasoning: false, documents: false, webSearch: false }

/**
 * Makes a reference of the config ready to use. Of the protocols that the provider speaks for this model the first is taken
 * that can carry what the request needs: the client's own before the provider's favourite. The config's `protocol`
 * overrides all that.
 */
export function resolveTarget(
  ref: TargetRef,
  providers: ReadonlyMap<string, Provider>,
  client: ClientProtocol,
  lessons: Lessons,
  needs: Needs = NO_NEEDS,
): Target {
  const provider = providers.get(ref.provider)
  if (provider === undefined) {
    throw new GatewayError('not-found', `The provider '${ref.provider}' is not configured`, {
      retry: 'never',
    })
  }
  const { profile, codecFor } = factsOf(ref, provider)
  const name = `${ref.provider}/${ref.model}`
  const offered = offeredProtocols(ref, provider)
  const spoken = offered.filter((protocol) => !lessons.isUnspoken(name, protocol))
  const codec = chooseCodec((spoken.length > 0 ? spoken : offered).map(codecFor), { client, profile, needs })
  const target: Target = {
    name,
    provider,
    model: ref.model,
    profile,
    codec,
    lane: codec.id === client ? 'passthrough' : 'translate',
    ...(ref.minOutputTokens !== undefined && { minOutputTokens: ref.minOutputTokens }),
    lessons: [],
  }
  const isUnreadable = lessons.unreadable(keyOf(target))
  return {
    ...withLessons(target, lessons.of(keyOf(target))),
    ...(isUnreadable !== undefined && { isUnreadable }),
  }
}

/** What is known of a target before any request: its model's facts and its codecs, made once. */
type Facts = {
  readonly profile: ModelProfile
  readonly codecFor: (protocol: UpstreamProtocol) => UpstreamCodec
}

/** Clients may ask for any name at a `provider/*`; beyond so many the facts are found anew. */
const MOST_MODELS = 1_000
const FACTS = new WeakMap<Provider, Map<string, Facts>>()

function factsOf(ref: TargetRef, provider: Provider): Facts {
  const known = FACTS.get(provider) ?? new Map<string, Facts>()
  FACTS.set(provider, known)
  const key = `${ref.maxOutputTokens ?? ''} ${ref.model}`
  const found = known.get(key) ?? makeFacts(ref, provider)
  if (known.size < MOST_MODELS) known.set(key, found)
  return found
}

function makeFacts(ref: TargetRef, provider: Provider): Facts {
  const profile = provider.profile(ref.model)
  const codecs = new Map<UpstreamProtocol, UpstreamCodec>()
  const make = (protocol: UpstreamProtocol) =>
    upstreamCodec(protocol, {
      ...dialectOf(protocol, provider.dialects, profile, provider.overrides),
      ...(ref.maxOutputTokens !== undefined && { maxOutputTokens: ref.maxOutputTokens }),
    })
  const codecFor = (protocol: UpstreamProtocol) => {
    const codec = codecs.get(protocol) ?? make(protocol)
    codecs.set(protocol, codec)
    return codec
  }
  return { profile, codecFor }
}

/** What may be spoken to a target, best first; one protocol where the config says which. */
export function offeredProtocols(ref: TargetRef, provider: Provider): readonly UpstreamProtocol[] {
  return ref.protocol === undefined ? provider.protocolsFor(ref.model) : [ref.protocol]
}

/** Bytes that are relayed cannot be cut: more stop sequences than the target takes need the translating lane. */
export function laneFor({ lane, codec }: Target, wire: JsonObject): Lane {
  const stops = wire['stop'] ?? wire['stop_sequences']
  const count = typeof stops === 'string' ? 1 : asArray(stops).length
  return count > codec.dialect.maxStops ? 'translate' : lane
}

/** What lessons are remembered by: the same model may take in one protocol what it refuses in another. */
export const keyOf = ({ name, codec }: Target): string => `${codec.id} ${name}`

/** The target as it is to be spoken to after these refusals. */
export function withLessons(target: Target, lessons: readonly Lesson[]): Target {
  if (lessons.length === 0) return target
  const { id, dialect } = target.codec
  const learned: Record<string, unknown> = { ...dialect }
  for (const lesson of lessons) {
    if (lesson.kind === 'dialect') Object.assign(learned, lesson.change)
    else if (lesson.kind === 'choice')
      learned[lesson.field] = asArray(learned[lesson.field]).filter((choice) => choice !== lesson.choice)
  }
  return { ...target, lessons, codec: upstreamCodec(id, learned) }
}

type Choice = { readonly client: ClientProtocol; readonly profile: ModelProfile; readonly needs: Needs }

function chooseCodec(offered: readonly UpstreamCodec[], choice: Choice): UpstreamCodec {
  const own = offered.filter(({ id }) => id === choice.client)
  const inOrder = [...own, ...offered.filter(({ id }) => id !== choice.client)]
  if (inOrder.length === 1) return inOrder[0] as UpstreamCodec
  const chosen = inOrder.find((codec) => canCarry(codec, choice)) ?? inOrder[0]
  if (chosen !== undefined) return chosen
  throw new GatewayError('not-supported', 'The provider speaks no protocol for this model', { retry: 'next' })
}

/** What one protocol of a host lacks and another has: Azure's Chat takes no files, newer models want tools elsewhere. */
function canCarry({ id, dialect }: UpstreamCodec, { client, profile, needs }: Choice): boolean {
  if (dialect.files === false && needs.documents) return false
  if (dialect.webSearch === false && needs.webSearch) return false
  const wanted =
    profile.toolsNeedResponses === true || (client !== 'chat' && profile.reasoningNeedsResponses === true)
  return !(id === 'chat' && wanted && needs.tools && needs.reasoning)
}
