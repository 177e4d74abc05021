import { GatewayError } from '../../src/errors.ts'

/**
 * What `make` returns, or undefined when it refuses in the client's words. A law says nothing about what was refused; any
 * other error is a fault.
 */
export function unlessRefused<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch (thrown) {
    if (
      thrown instanceof GatewayError &&
      (thrown.code === 'invalid-request' || thrown.code === 'not-supported')
    )
      return undefined
    throw thrown
  }
}
