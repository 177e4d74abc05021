import { createHash } from 'node:crypto'

/** One thing that an upstream refused, as what to do so that it does not happen again. */
export type Lesson =
  /** A field to leave out: its path in the body, `*` for any place of a list. */
  | { readonly kind: 'field'; readonly path: readonly string[] }
  /** A value to leave out of the `anthropic-beta` header. */
  | { readonly kind: 'beta'; readonly value: string }
  /** A departure from the protocol, as in a dialect. */
  | { readonly kind: 'dialect'; readonly change: Readonly<Record<string, unknown>> }
  /** A choice to strike out of one of the dialect's lists. */
  | { readonly kind: 'choice'; readonly field: string; readonly choice: string }

/** How much is remembered; the oldest goes first. */
export type LessonLimits = {
  readonly targets: number
  /** Lessons for each target. */
  readonly lessons: number
  /** Seals for each target. */
  readonly seals: number
}

const DEFAULT_LIMITS: LessonLimits = { targets: 500, lessons: 50, seals: 5_000 }

/**
 * What upstreams refused, by target, so that each refusal is met once and not with every request. Lives as long as the
 * config that it was learned under: another one may mean another server by the same name.
 */
export class Lessons {
  readonly #limits: LessonLimits
  readonly #lessons = new Map<string, readonly Lesson[]>()
  readonly #seals = new Map<string, Set<string>>()
  readonly #uncounting = new Set<string>()
  readonly #unspoken = new Set<string>()

  constructor(limits: LessonLimits = DEFAULT_LIMITS) {
    this.#limits = limits
  }

  of(target: string): readonly Lesson[] {
    return this.#lessons.get(target) ?? []
  }

  learn(target: string, lessons: readonly Lesson[]): void {
    const fresh = lessons.filter((lesson) => !isKnown(lesson, this.of(target)))
    if (fresh.length === 0) return
    this.#lessons.set(target, [...this.of(target), ...fresh].slice(-this.#limits.lessons))
    trim(this.#lessons, this.#limits.targets)
  }

  /** Tells the seals that this target is known not to read; undefined while it has read all it was sent. */
  unreadable(target: string): ((seal: string) => boolean) | undefined {
    const known = this.#seals.get(target)
    return known && ((seal) => known.has(digest(seal)))
  }

  learnUnreadable(target: string, seals: Iterable<string>): void {
    const known = this.#seals.get(target) ?? new Set()
    for (const seal of seals) known.add(digest(seal))
    if (known.size === 0) return
    trim(known, this.#limits.seals)
    this.#seals.set(target, known)
    trim(this.#seals, this.#limits.targets)
  }

  /** True for a protocol whose address was not found at this target while another one's was. */
  isUnspoken(target: string, protocol: string): boolean {
    return this.#unspoken.has(`${protocol} ${target}`)
  }

  learnUnspoken(target: string, protocol: string): void {
    this.#unspoken.add(`${protocol} ${target}`)
    trim(this.#unspoken, this.#limits.targets)
  }

  /** True for a target that has no route to count tokens by. */
  cannotCount(target: string): boolean {
    return this.#uncounting.has(target)
  }

  learnCannotCount(target: string): void {
    this.#uncounting.add(target)
    trim(this.#uncounting, this.#limits.targets)
  }
}

/** True when a list holds this very lesson. */
export function isKnown(lesson: Lesson, lessons: readonly Lesson[]): boolean {
  const text = JSON.stringify(lesson)
  return lessons.some((known) => JSON.stringify(known) === text)
}

function trim(collection: Map<string, unknown> | Set<string>, size: number): void {
  for (const oldest of collection.keys()) {
    if (collection.size <= size) break
    collection.delete(oldest)
  }
}

const digest = (seal: string): string => createHash('sha256').update(seal).digest('base64url').slice(0, 22)
