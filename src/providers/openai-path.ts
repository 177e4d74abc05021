import { notSpoken } from './not-spoken.ts'
import type { AddressCall } from './provider.ts'

/** What follows the base URL in OpenAI's API. */
export type OpenaiPath = '/chat/completions' | '/responses' | '/responses/input_tokens'

/**
 * Where a call goes in an API of OpenAI's form.
 *
 * @throws GatewayError `not-supported` for what that API does not have; `advice` ends its message
 */
export function openaiPath(name: string, call: AddressCall, advice = ''): OpenaiPath {
  const { protocol, operation } = call
  if (protocol === 'responses') return operation === 'count-tokens' ? '/responses/input_tokens' : '/responses'
  if (protocol === 'chat' && operation === 'generate') return '/chat/completions'
  throw notSpoken(name, call, advice)
}
