import { dialectFor } from '../models/dialect.ts'
import type { Provider, UpstreamProtocol } from './provider.ts'

/** The whole dialect for one model at one provider: protocol default ← provider ← model ← config. */
export function upstreamDialect<Dialect extends object>(
  provider: Provider,
  protocol: UpstreamProtocol,
  defaultDialect: Dialect,
  model: string,
): Dialect {
  return dialectFor(protocol, defaultDialect, provider.dialects, provider.profile(model), provider.overrides)
}
