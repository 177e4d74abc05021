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

/** Something learnt of a target, as other processes that serve the same config hear it. Plain data. */
export type Learnt =
  | { readonly kind: 'refusal'; readonly target: string; readonly lessons: readonly Lesson[] }
  | { readonly kind: 'unreadable'; readonly target: string; readonly digests: readonly string[] }
  | { readonly kind: 'unspoken'; readonly target: string; readonly protocol: string }
  | { readonly kind: 'uncounting'; readonly target: string }

/**
 * What upstreams refused, by target, so that each refusal is met once and not with every request. Lives as long as the
 * config that it was learned under: another one may mean another server by the same name.
 */
export class Lessons {
  readonly #limits: LessonLimits
  readonly #tell: (learnt: Learnt) => void
  readonly #lessons = new Map<string, readonly Lesson[]>()
  readonly #seals = new Map<string, Set<string>>()
  readonly #uncounting = new Set<string>()
  readonly #unspoken = new Map<string, { readonly target: string; readonly protocol: string }>()

  /** @param tell receives what is learnt here, for other processes */
  constructor(limits: LessonLimits = DEFAULT_LIMITS, tell: (learnt: Learnt) => void = () => {}) {
    this.#limits = limits
    this.#tell = tell
  }

  of(target: string): readonly Lesson[] {
    return this.#lessons.get(target) ?? []
  }

  learn(target: string, lessons: readonly Lesson[]): void {
    this.#learn({ kind: 'refusal', target, lessons })
  }

  /** Tells the seals that this target is known not to read; undefined while it has read all it was sent. */
  unreadable(target: string): ((seal: string) => boolean) | undefined {
    const known = this.#seals.get(target)
    return known && ((seal) => known.has(digest(seal)))
  }

  learnUnreadable(target: string, seals: Iterable<string>): void {
    this.#learn({ kind: 'unreadable', target, digests: [...seals].map(digest) })
  }

  /** True for a protocol whose address was not found at this target while another one's was. */
  isUnspoken(target: string, protocol: string): boolean {
    return this.#unspoken.has(`${protocol} ${target}`)
  }

  learnUnspoken(target: string, protocol: string): void {
    this.#learn({ kind: 'unspoken', target, protocol })
  }

  /** True for a target that has no route to count tokens by. */
  cannotCount(target: string): boolean {
    return this.#uncounting.has(target)
  }

  learnCannotCount(target: string): void {
    this.#learn({ kind: 'uncounting', target })
  }

  /** Takes what another process learnt. Returns whether it was new. */
  hear(learnt: Learnt): boolean {
    const { targets, lessons, seals } = this.#limits
    switch (learnt.kind) {
      case 'refusal': {
        const known = this.of(learnt.target)
        const fresh = learnt.lessons.filter((lesson) => !isKnown(lesson, known))
        if (fresh.length === 0) return false
        this.#lessons.set(learnt.target, [...known, ...fresh].slice(-lessons))
        trim(this.#lessons, targets)
        return true
      }
      case 'unreadable': {
        const known = this.#seals.get(learnt.target) ?? new Set()
        const before = known.size
        for (const each of learnt.digests) known.add(each)
        if (known.size === before) return false
        trim(known, seals)
        this.#seals.set(learnt.target, known)
        trim(this.#seals, targets)
        return true
      }
      case 'unspoken': {
        const { target, protocol } = learnt
        if (this.isUnspoken(target, protocol)) return false
        this.#unspoken.set(`${protocol} ${target}`, { target, protocol })
        trim(this.#unspoken, targets)
        return true
      }
      case 'uncounting':
        if (this.cannotCount(learnt.target)) return false
        this.#uncounting.add(learnt.target)
        trim(this.#uncounting, targets)
        return true
      default:
        return learnt satisfies never
    }
  }

  /** Everything learnt so far, as a process that begins has to hear it. */
  news(): readonly Learnt[] {
    return [
      ...[...this.#lessons].map(([target, lessons]) => ({ kind: 'refusal' as const, target, lessons })),
      ...[...this.#seals].map(([target, known]) => ({
        kind: 'unreadable' as const,
        target,
        digests: [...known],
      })),
      ...[...this.#unspoken.values()].map((each) => ({ kind: 'unspoken' as const, ...each })),
      ...[...this.#uncounting].map((target) => ({ kind: 'uncounting' as const, target })),
    ]
  }

  #learn(learnt: Learnt): void {
    if (this.hear(learnt)) this.#tell(learnt)
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
