import { createHash } from 'node:crypto'
import type { ReasoningPart, ToolCallPart } from '../ir/part.ts'
import { RecentMap } from './recent-map.ts'

/** How much is kept; the oldest goes first. */
export type StoreLimits = {
  readonly entries: number
  /** Characters of reasoning and seals. */
  readonly size: number
}

const DEFAULT_LIMITS: StoreLimits = { entries: 20_000, size: 64 * 1024 * 1024 }

/** What was thought before a call, by a digest of the call, as other processes hear it. Plain data. */
export type Remembered = { readonly key: string; readonly reasoning: readonly ReasoningPart[] }

/**
 * Reasoning of answers whose client has no slot to carry it, by the tool call that it led to. Chat clients send
 * back calls and results only; Claude and Gemini want the thinking before them, byte for byte. A miss is never
 * an error: encoders know requests that an upstream accepts without.
 */
export class ReasoningStore {
  readonly #entries: RecentMap<readonly ReasoningPart[]>
  readonly #tell: (remembered: Remembered) => void

  /** @param tell receives what is remembered here, for other processes */
  constructor(limits: StoreLimits = DEFAULT_LIMITS, tell: (remembered: Remembered) => void = () => {}) {
    this.#entries = new RecentMap(limits, sizeOf)
    this.#tell = tell
  }

  /** Keeps what was thought before a call, seals in their envelopes. */
  remember(call: ToolCallPart, reasoning: readonly ReasoningPart[]): void {
    const remembered = { key: keyOf(call), reasoning }
    this.hear(remembered)
    this.#tell(remembered)
  }

  /** Keeps what another process remembers. */
  hear({ key, reasoning }: Remembered): void {
    this.#entries.set(key, reasoning)
  }

  /** What was thought before a call, when it is still known. A hit becomes the youngest entry. */
  recall(call: ToolCallPart): readonly ReasoningPart[] | undefined {
    // A history may hold hundreds of calls; their digests would be made in vain.
    return this.#entries.count === 0 ? undefined : this.#entries.use(keyOf(call))
  }

  /** Everything kept, the oldest first, as a process that begins has to hear it. */
  news(): readonly Remembered[] {
    return [...this.#entries].map(([key, reasoning]) => ({ key, reasoning }))
  }
}

/**
 * Some servers number calls anew in every answer, so the id alone would mix conversations up. A call without
 * input goes to Chat clients as `{}`.
 */
function keyOf({ id, name, input }: ToolCallPart): string {
  return createHash('sha256')
    .update(JSON.stringify([id, name, input === '' ? '{}' : input]))
    .digest('base64url')
}

function sizeOf(parts: readonly ReasoningPart[]): number {
  return parts.reduce((sum, part) => sum + part.text.length + (part.seal?.value.length ?? 0), 0)
}
