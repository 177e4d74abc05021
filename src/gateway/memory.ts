import { TokenFactors, type LearntFactor } from '../models/token-factor.ts'
import { Health, type HealthDeps, type HealthNews } from '../routing/health.ts'
import { Owners, type Owned } from './carry/owners.ts'
import { Lessons, type Learnt } from './heal/lessons.ts'
import { ItemStore, type KeptEntries } from './item-store.ts'
import { ReasoningStore, type Remembered } from './reasoning-store.ts'

/** One thing that a gateway found out, for the other processes that serve the same config. Plain data. */
export type News =
  | { readonly of: 'health'; readonly news: HealthNews }
  /** `under` names the config that it was learnt under. */
  | { readonly of: 'lessons'; readonly news: Learnt; readonly under: string }
  | { readonly of: 'reasoning'; readonly news: Remembered }
  | { readonly of: 'items'; readonly news: KeptEntries }
  | { readonly of: 'owners'; readonly news: Owned }
  | { readonly of: 'token-factors'; readonly news: LearntFactor }

export type MemoryDeps = Omit<HealthDeps, 'tell'> & {
  /** Receives what is found out here. */
  readonly tell?: (news: News) => void
}

/**
 * Everything that a gateway finds out while it runs; it outlives reloads, but for the lessons, which belong to a config. Several
 * processes that tell each other their news, in whatever order, come to know the same within moments. Hearing a
 * thing twice changes nothing that matters.
 */
export class Memory {
  readonly health: Health
  readonly reasoning: ReasoningStore
  readonly items: ItemStore
  readonly owners: Owners
  readonly tokenFactors: TokenFactors
  readonly #tell: (news: News) => void
  #lessons: Lessons
  #under = ''

  constructor({ tell = () => {}, ...deps }: MemoryDeps) {
    this.#tell = tell
    this.health = new Health({ ...deps, tell: (news) => tell({ of: 'health', news }) })
    this.reasoning = new ReasoningStore(undefined, (news) => tell({ of: 'reasoning', news }))
    this.items = new ItemStore(undefined, (news) => tell({ of: 'items', news }))
    this.owners = new Owners((news) => tell({ of: 'owners', news }))
    this.tokenFactors = new TokenFactors((news) => tell({ of: 'token-factors', news }))
    this.#lessons = this.#emptyLessons()
  }

  /** The lessons learnt under a config; none where it is another one than before. */
  lessonsUnder(config: string): Lessons {
    if (config !== this.#under) {
      this.#under = config
      this.#lessons = this.#emptyLessons()
    }
    return this.#lessons
  }

  /** Takes what another process found out. */
  hear(told: News): void {
    switch (told.of) {
      case 'health':
        return this.health.hear(told.news)
      case 'lessons':
        if (told.under === this.#under) this.#lessons.hear(told.news)
        return
      case 'reasoning':
        return this.reasoning.hear(told.news)
      case 'items':
        return this.items.hear(told.news)
      case 'owners':
        return this.owners.hear(told.news)
      case 'token-factors':
        return this.tokenFactors.hear(told.news)
      default:
        told satisfies never
    }
  }

  /** All that is known, as a process that begins has to hear it. */
  news(): readonly News[] {
    const under = this.#under
    return [
      ...this.health.news().map((news) => ({ of: 'health' as const, news })),
      ...this.#lessons.news().map((news) => ({ of: 'lessons' as const, news, under })),
      ...this.reasoning.news().map((news) => ({ of: 'reasoning' as const, news })),
      ...this.items.news().map((news) => ({ of: 'items' as const, news })),
      ...this.owners.news().map((news) => ({ of: 'owners' as const, news })),
      ...this.tokenFactors.news().map((news) => ({ of: 'token-factors' as const, news })),
    ]
  }

  #emptyLessons(): Lessons {
    const under = this.#under
    return new Lessons(undefined, (news) => this.#tell({ of: 'lessons', news, under }))
  }
}
