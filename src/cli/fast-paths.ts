import type { GatewayOptions } from '../index.ts'
import type { Io } from './io.ts'

/** `DRAGOMAN_FAST_PATHS=off`, for telling whether a fault lies in an optimisation. */
export function fastPathsIn({ env }: Pick<Io, 'env'>): Required<Pick<GatewayOptions, 'fastPaths'>> {
  return { fastPaths: env.DRAGOMAN_FAST_PATHS === 'off' ? 'off' : 'on' }
}
