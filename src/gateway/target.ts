import { GatewayError } from '../errors.ts'
import { asArray, type JsonObject } from '../ir/json.ts'
import { dialectOf } from '../models/dialect.ts'
import type { ModelProfile } from '../models/profile.ts'
import type { Provider, UpstreamProtocol } from '../providers/provider.ts'
import type { TargetRef } from '../routing/rule.ts'
import type { ClientProtocol } from './call.ts'
import { upstreamCodec, type UpstreamCodec } from './codecs.ts'
import type { Lesson, Lessons } from './heal/lessons.ts'
import type { IsUnreadable } from './heal/reasoning.ts'

/** How an exchange travels: bytes relayed, or translated through the IR. */
export type Lane = 'passthrough' | 'translate'

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
  /** What it refused before, and is not sent again. */
  readonly lessons: readonly Lesson[]
  /** Tells the reasoning of a history that it cannot read; absent where nothing is known to be so. */
  readonly isUnreadable?: IsUnreadable
}

/**
 * Makes a reference of the config ready to use. Of the protocols that the provider speaks for this model the client's own is
 * taken, else the provider's favourite, unless the config says which.
 */
export function resolveTarget(
  ref: TargetRef,
  providers: ReadonlyMap<string, Provider>,
  client: ClientProtocol,
  lessons: Lessons,
): Target {
  const provider = providers.get(ref.provider)
  if (provider === undefined) {
    throw new GatewayError('not-found', `The provider '${ref.provider}' is not configured`, {
      retry: 'never',
    })
  }
  const profile = provider.profile(ref.model)
  const protocol = ref.protocol ?? chooseProtocol(provider.protocolsFor(ref.model), client)
  const codec = upstreamCodec(protocol, {
    ...dialectOf(protocol, provider.dialects, profile, provider.overrides),
    ...(ref.maxOutputTokens !== undefined && { maxOutputTokens: ref.maxOutputTokens }),
  })
  const name = `${ref.provider}/${ref.model}`
  if (codec === undefined) {
    throw new GatewayError('not-supported', `Dragoman cannot speak ${protocol} to ${name}`, { retry: 'next' })
  }
  const target: Target = {
    name,
    provider,
    model: ref.model,
    profile,
    codec,
    lane: protocol === client ? 'passthrough' : 'translate',
    lessons: [],
  }
  const isUnreadable = lessons.unreadable(keyOf(target))
  return {
    ...withLessons(target, lessons.of(keyOf(target))),
    ...(isUnreadable !== undefined && { isUnreadable }),
  }
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
  return { ...target, lessons, codec: upstreamCodec(id, learned) ?? target.codec }
}

function chooseProtocol(offered: readonly UpstreamProtocol[], client: ClientProtocol): UpstreamProtocol {
  const spoken = offered.filter((protocol) => upstreamCodec(protocol, {}) !== undefined)
  return spoken.find((protocol) => protocol === client) ?? spoken[0] ?? offered[0] ?? 'chat'
}
