import type { SealScope } from './adapt/seals.ts'
import type { Exchange } from './exchange.ts'
import type { Target } from './target.ts'

/** Whose seals can be opened for this target, and with which secret. */
export function sealScope({ client, deps }: Exchange, { provider, model, codec }: Target): SealScope {
  return {
    issuer: provider.name,
    model,
    sameProtocol: codec.id === client.id,
    secret: deps.settings.secret,
  }
}
