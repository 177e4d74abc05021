/** Deaths of one worker within a window after which it is not started again, and the window. */
const MOST_DEATHS = 6
const WINDOW_MS = 60_000
/** The wait before the first restart, doubled by every further one. Milliseconds. */
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 2_000

/** Decides, for each worker by its number, when one that died is started again. */
export class Restarts {
  readonly #deaths = new Map<number, readonly number[]>()

  /**
   * A worker died. Returns the milliseconds to wait before its next start; undefined when it dies again and again.
   *
   * @param now monotonic milliseconds
   */
  died(worker: number, now: number): number | undefined {
    const before = this.#deaths.get(worker) ?? []
    const recent = [...before, now].filter((at) => at > now - WINDOW_MS)
    this.#deaths.set(worker, recent)
    if (recent.length >= MOST_DEATHS) return undefined
    return Math.min(FIRST_WAIT_MS * 2 ** (recent.length - 1), LONGEST_WAIT_MS)
  }
}
