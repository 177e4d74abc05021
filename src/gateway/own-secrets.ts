import { GatewayError } from '../errors.ts'
import { mask } from '../log.ts'

const SECRET_HEADER = /authorization|api-?key|token|secret|cookie/i
/** What is shorter is no secret, and may be part of any word. */
const SHORTEST = 8

/** The credentials in the headers of a request to an upstream. */
export function secretsIn(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers)
    .filter(([name]) => SECRET_HEADER.test(name))
    .map(([, value]) => value.replace(/^(?:Bearer|Basic)\s+/i, ''))
    .filter((value) => value.length >= SHORTEST)
}

/** The text without the credentials in it. */
export function masked(text: string, secrets: readonly string[]): string {
  return secrets.reduce((cleaned, secret) => cleaned.replaceAll(secret, mask(secret)), text)
}

/** The same error without the credentials that its upstream repeated. */
export function withoutSecrets(error: GatewayError, secrets: readonly string[]): GatewayError {
  const { upstream } = error.details
  const told = `${error.message}\n${upstream?.body ?? ''}`
  if (!secrets.some((secret) => told.includes(secret))) return error
  const clean = (text: string) => masked(text, secrets)
  const { code, message, status, retry, details, cause } = error
  return new GatewayError(code, clean(message), {
    status,
    retry,
    cause,
    details: { ...details, ...(upstream && { upstream: { ...upstream, body: clean(upstream.body) } }) },
  })
}
