import { createHash } from 'node:crypto'

/** OpenAI refuses longer call ids. */
const LONGEST = 64

/** A call's id as this protocol takes it. Depends on the id alone, so that calls and results keep matching. */
export function callId(id: string): string {
  if (id.length <= LONGEST) return id
  return `${id.slice(0, LONGEST - 9)}_${createHash('sha256').update(id).digest('hex').slice(0, 8)}`
}

/** Ids of one answer: none empty, none twice, for clients match by them and the official SDK refuses repetitions. */
export class UniqueIds {
  readonly #used = new Set<string>()

  take(id: string, otherwise: string): string {
    const base = id === '' ? otherwise : id
    let unique = base
    for (let copy = 2; this.#used.has(unique); copy++) unique = `${base}_${copy}`
    this.#used.add(unique)
    return unique
  }
}
