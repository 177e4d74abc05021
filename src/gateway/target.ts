import { GatewayError } from '../errors.ts'
import { dialectOf } from '../models/dialect.ts'
import type { ModelProfile } from '../models/profile.ts'
import type { Provider, UpstreamProtocol } from '../providers/provider.ts'
import type { TargetRef } from '../routing/rule.ts'
import type { ClientProtocol } from './call.ts'
import { upstreamCodec, type UpstreamCodec } from './codecs.ts'

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
}

/**
 * Makes a reference of the config ready to use. Of the protocols that the provider speaks for this model the client's own is
 * taken, else the provider's favourite, unless the config says which.
 */
export function resolveTarget(
  ref: TargetRef,
  providers: ReadonlyMap<string, Provider>,
  client: ClientProtocol,
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
  return {
    name,
    provider,
    model: ref.model,
    profile,
    codec,
    lane: protocol === client ? 'passthrough' : 'translate',
  }
}

function chooseProtocol(offered: readonly UpstreamProtocol[], client: ClientProtocol): UpstreamProtocol {
  const spoken = offered.filter((protocol) => upstreamCodec(protocol, {}) !== undefined)
  return spoken.find((protocol) => protocol === client) ?? spoken[0] ?? offered[0] ?? 'chat'
}
