import { hash } from 'node:crypto'
import { RecentMap } from './recent-map.ts'

/** How much is kept; what was used longest ago goes first. */
export type ItemLimits = {
  readonly entries: number
  /** Bytes of JSON and keys. */
  readonly bytes: number
}

const DEFAULT_LIMITS: ItemLimits = { entries: 50_000, bytes: 64 * 1024 * 1024 }
/** A single item larger than this part of all that is kept would push too much else out. */
const LARGEST_SHARE = 1 / 8

/** Who gave an id, and to what. */
export type ItemName = {
  /** The client that was told of it; nobody else can ask for it. */
  readonly scope: string
  readonly id: string
}

/** What was kept, by its keys, as other processes hear it. Plain data. */
export type KeptEntries = { readonly entries: readonly (readonly [key: string, text: string])[] }

/**
 * What clients of Responses refer to by an id alone: items of answers, and whole conversations. OpenAI stores them; here
 * they are remembered for a while. Items are kept by what they say, so that the many turns of one conversation share
 * theirs; an id stands for a list of them.
 */
export class ItemStore {
  readonly #limits: ItemLimits
  /** JSON of items by its digest, and lists of such digests by a digest of the id; the one used last stands last. */
  readonly #entries: RecentMap<string>
  readonly #tell: (kept: KeptEntries) => void

  /** @param tell receives what is kept here, for other processes */
  constructor(limits: ItemLimits = DEFAULT_LIMITS, tell: (kept: KeptEntries) => void = () => {}) {
    this.#limits = limits
    this.#entries = new RecentMap({ entries: limits.entries, size: limits.bytes }, sizeOf)
    this.#tell = tell
  }

  /** Keeps items under no id yet, and gives the digests to name them by. Each item is JSON text. */
  keep(items: readonly string[]): readonly string[] {
    const entries = items.map((item) => [hash('sha256', item, 'base64url'), item] as const)
    this.#add(entries)
    return entries.map(([key]) => key)
  }

  /** Lets an id stand for items that were kept. */
  name(name: ItemName, digests: readonly string[]): void {
    this.#add([[keyOf(name), digests.join(' ')]])
  }

  /** The JSON of what an id stands for, when all of it is still known. */
  recall(name: ItemName): readonly string[] | undefined {
    const key = keyOf(name)
    const list = this.#entries.get(key)
    if (list === undefined) return undefined
    const digests = list === '' ? [] : list.split(' ')
    const items = digests.flatMap((digest) => this.#entries.get(digest) ?? [])
    if (items.length < digests.length) return undefined
    for (const used of [...digests, key]) this.#entries.use(used)
    return items
  }

  /** Keeps what another process does. */
  hear({ entries }: KeptEntries): void {
    for (const [key, text] of entries) this.#put(key, text)
  }

  /** Everything kept, what was used longest ago first, as a process that begins has to hear it. */
  news(): readonly KeptEntries[] {
    return this.#entries.count === 0 ? [] : [{ entries: [...this.#entries] }]
  }

  #add(entries: KeptEntries['entries']): void {
    // A conversation comes again with every turn; only what is new in it is told.
    const fresh = entries.filter(([key, text]) => this.#entries.get(key) !== text && this.#fits(key, text))
    for (const [key, text] of entries) this.#put(key, text)
    if (fresh.length > 0) this.#tell({ entries: fresh })
  }

  #put(key: string, text: string): void {
    if (this.#fits(key, text)) this.#entries.set(key, text)
    else this.#entries.delete(key)
  }

  #fits(key: string, text: string): boolean {
    return sizeOf(text, key) <= this.#limits.bytes * LARGEST_SHARE
  }
}

/** Not the key of any item, whatever the id: that is a bare digest. */
function keyOf({ scope, id }: ItemName): string {
  return `#${hash('sha256', JSON.stringify([scope, id]), 'base64url')}`
}

const sizeOf = (text: string, key: string): number => key.length + Buffer.byteLength(text)
