import type { GatewayError } from '../../errors.ts'
import { keyOf, withLessons, type Target } from '../target.ts'
import { isKnown, type Lesson, type Lessons } from './lessons.ts'
import { isHistoryRefusal, isSealRefusal, readRefusal } from './refusal.ts'

/** Repairs of one request; an upstream that refuses more than this is not to be had by leaving things out. */
const MOST_REPAIRS = 3

/**
 * Mends a request that its target refused, from the target's own words, and remembers what helped once it did.
 * One for each target that a request is tried at.
 */
export class Healer {
  readonly #lessons: Lessons
  readonly #fresh: Lesson[] = []
  readonly #seals = new Set<string>()
  #repairs = 0
  #isWithoutReasoning = false

  constructor(lessons: Lessons) {
    this.#lessons = lessons
  }

  /** The target as it has to be spoken to instead; undefined when there is nothing to be learned from the error. */
  heal(target: Target, error: GatewayError): Target | undefined {
    if (this.#repairs === MOST_REPAIRS) return undefined
    if (isSealRefusal(error)) {
      if (this.#isWithoutReasoning) return undefined
      this.#isWithoutReasoning = true
      this.#repairs += 1
      return { ...target, isUnreadable: (seal) => this.#drop(seal) }
    }
    // Relayed histories go out as they came; through the IR they are repaired.
    if (target.lane === 'passthrough' && isHistoryRefusal(error)) {
      this.#repairs += 1
      return { ...target, lane: 'translate' }
    }
    const fresh = readRefusal(error).filter((lesson) => !isKnown(lesson, target.lessons))
    if (fresh.length === 0) return undefined
    this.#repairs += 1
    this.#fresh.push(...fresh)
    return withLessons(target, [...target.lessons, ...fresh])
  }

  /** Called when the target has taken the request. */
  confirm(target: Target): void {
    this.#lessons.learn(keyOf(target), this.#fresh)
    this.#lessons.learnUnreadable(keyOf(target), this.#seals)
  }

  /** Which of the seals was at fault no upstream says, so all of them are left out. */
  #drop(seal: string): true {
    if (seal !== '') this.#seals.add(seal)
    return true
  }
}
