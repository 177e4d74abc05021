import { GatewayError } from '../errors.ts'
import type { AddressCall } from './provider.ts'

/** For protocols and operations that an upstream does not have. */
export function notSpoken(name: string, call: AddressCall, advice = ''): GatewayError {
  const what = call.operation === 'count-tokens' ? `counting tokens over ${call.protocol}` : call.protocol
  return new GatewayError('not-supported', `The provider '${name}' does not do ${what}${advice}`, {
    retry: 'next',
  })
}
