import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * A secret that only its issuer can read: a Claude signature, encrypted OpenAI reasoning, a Gemini thought
 * signature. `value` is what the issuer sent, byte for byte.
 *
 * `issuer` names the resource that sealed it (the provider's name in the config), `model` the upstream model.
 * A seal that a client's own vendor issued before Dragoman stood between carries no issuer: `undefined` means
 * "raw, as the client sent it".
 */
export type Seal = { readonly issuer?: string; readonly model?: string; readonly value: string }

const PREFIX = 'dg1.'

/**
 * Wraps a seal in the envelope that travels to the client: `dg1.<issuer>.<model>.<payload>.<mac>`, each field
 * base64url, the MAC an HMAC-SHA256 over all before it. Deterministic, so that a replayed history is
 * the same bytes every turn.
 */
export function wrapSeal(seal: Seal, secret: string): string {
  const head = PREFIX + [seal.issuer ?? '', seal.model ?? '', seal.value].map(encode).join('.')
  return `${head}.${mac(head, secret)}`
}

/** True when the text claims to be an envelope of ours, genuine or not. */
export function isEnvelope(text: string): boolean {
  return text.startsWith(PREFIX)
}

/**
 * Opens an envelope. Undefined when it is torn, forged or sealed with another secret; a text that is no
 * envelope at all comes back as a raw seal without an issuer.
 */
export function openSeal(text: string, secret: string): Seal | undefined {
  if (!isEnvelope(text)) return { value: text }
  const cut = text.lastIndexOf('.')
  const head = text.slice(0, cut)
  const fields = head.slice(PREFIX.length).split('.')
  if (fields.length !== 3 || !sameMac(text.slice(cut + 1), mac(head, secret))) return undefined
  const [issuer, model, value] = fields.map(decode) as [string, string, string]
  return { issuer, model, value }
}

function mac(text: string, secret: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url')
}

function sameMac(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

const encode = (text: string): string => Buffer.from(text, 'utf8').toString('base64url')
const decode = (text: string): string => Buffer.from(text, 'base64url').toString('utf8')
