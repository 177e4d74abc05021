import type { News } from '../../gateway/memory.ts'

/**
 * Which targets a worker probes at the moment. Everybody else waits for what becomes of a probe; when its worker dies,
 * somebody has to say that nothing will.
 */
export class Probes {
  readonly #names = new Set<string>()

  /** Follows what the worker tells. */
  heard(told: News): void {
    if (told.of !== 'health') return
    const { name, event } = told.news
    if (event === 'probing') this.#names.add(name)
    else this.#names.delete(name)
  }

  /** What the others are to hear when the worker is gone. */
  released(): readonly News[] {
    return [...this.#names].map((name) => ({ of: 'health', news: { name, event: 'released' } }))
  }
}
