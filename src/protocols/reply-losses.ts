import { Losses } from '../ir/dropped.ts'
import type { ReplyContext } from './protocol.ts'

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
