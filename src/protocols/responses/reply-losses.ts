import { Losses } from '../../ir/dropped.ts'
import type { Part } from '../../ir/part.ts'
import type { ReplyContext } from '../protocol.ts'

/** Losses on the way to a client, told as they happen. */
export class ReplyLosses extends Losses {
  readonly #onDropped: ReplyContext['onDropped']
  #told = 0

  constructor(onDropped: ReplyContext['onDropped']) {
    super()
    this.#onDropped = onDropped
  }

  /** Tells what has been recorded since the last time. */
  tell(): void {
    for (; this.#told < this.list.length; this.#told++) {
      const loss = this.list[this.#told]
      if (loss !== undefined) this.#onDropped?.(loss)
    }
  }
}

/** Reports a part of an answer that a Responses client cannot be shown. */
export function reportUnshown(part: Part, path: string, losses: Losses): void {
  if (part.kind === 'server-tool')
    losses.unsupported(path, `the ${part.phase} of ${part.name}, which ran at the provider, is not shown`)
  else losses.content(path, `Responses shows no ${part.kind} in an answer`)
}
