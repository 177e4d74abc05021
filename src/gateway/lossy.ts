import { GatewayError } from '../errors.ts'
import type { Dropped } from '../ir/dropped.ts'
import type { Exchange } from './exchange.ts'

/**
 * Refuses a request that would lose content on its way, where the config or the client's
 * `x-dragoman-lossy: reject` asks for that. The upstream has not been called yet.
 */
export function refuseLosses(exchange: Exchange, dropped: readonly Dropped[]): void {
  const wish = exchange.call.headers['x-dragoman-lossy'] ?? exchange.deps.settings.lossy
  if (wish !== 'reject') return
  const content = dropped.filter((loss) => loss.content === true)
  if (content.length === 0) return
  const list = content.map(({ path, note }) => (note === undefined ? path : `${path} (${note})`)).join('; ')
  const first = content[0]
  throw new GatewayError('invalid-request', `This model's API cannot carry: ${list}`, {
    retry: 'next',
    details: first === undefined ? {} : { param: first.path },
  })
}
