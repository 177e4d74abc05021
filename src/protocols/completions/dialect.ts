import type { CommonDialect } from '../protocol.ts'

/** An upstream that completes text takes nothing but text; there is nothing to depart from. */
export type CompletionsDialect = CommonDialect

export const completionsDialect: CompletionsDialect = {
  toolNameLimit: 64,
  maxStops: 4,
  customTools: false,
  toolNamespaces: false,
  deferredTools: false,
}
