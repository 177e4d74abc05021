import { isEnvelope, openSeal, wrapSeal } from '../../ir/seal.ts'

/** No provider is called by an empty name, so that no seal of reasoning passes for one of a summary. */
const ISSUER = ''
const KIND = 'summary'

/** What an item that stands for a conversation turns out to be. */
export type OpenedSummary =
  | { readonly kind: 'summary'; readonly text: string }
  /** Sealed by the vendor that compacted it, for itself. */
  | { readonly kind: 'of-vendor' }
  /** Forged, torn, sealed with another secret, or no summary. */
  | { readonly kind: 'unreadable' }

/** A summary as it travels to the client: not to be changed by it, and read by every process with the same secret. */
export function sealSummary(text: string, secret: string): string {
  return wrapSeal({ issuer: ISSUER, model: KIND, value: text }, secret)
}

export function openSummary(sealed: string, secret: string): OpenedSummary {
  if (!isEnvelope(sealed)) return { kind: 'of-vendor' }
  const seal = openSeal(sealed, secret)
  return seal?.issuer === ISSUER && seal.model === KIND
    ? { kind: 'summary', text: seal.value }
    : { kind: 'unreadable' }
}
