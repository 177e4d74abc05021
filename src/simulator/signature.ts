import { createHmac } from 'node:crypto'

/**
 * Seals thinking as vendors do in effect: nobody but the issuer can make it, it covers the text, and it carries
 * the text itself, so that a block shown without its text still proves what was thought.
 */
export function sign(thinking: string, issuer: string): string {
  const payload = Buffer.from(thinking).toString('base64')
  return `${payload}.${mac(payload, issuer)}`
}

/** True when this issuer signed exactly this thinking. Pass '' for a block shown without its text. */
export function verifies(signature: string, thinking: string, issuer: string): boolean {
  const [payload = '', given = '', ...rest] = signature.split('.')
  if (rest.length > 0 || given !== mac(payload, issuer)) return false
  return thinking === '' || Buffer.from(payload, 'base64').toString('utf8') === thinking
}

function mac(payload: string, issuer: string): string {
  return createHmac('sha256', `simulator ${issuer}`).update(payload).digest('base64')
}
