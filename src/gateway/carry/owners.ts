import { asArray, asString, isObject, parseJson, type JsonObject } from '../../ir/json.ts'
import { RecentMap } from '../recent-map.ts'

/** Ids are remembered so many at a time; a client that comes back later names the provider. */
const MOST_IDS = 20_000
/** Answers beyond this are not looked into. Bytes. */
export const LONGEST_LESSON = 256 * 1024

/** Ids that a provider made, as other processes hear it. Plain data. */
export type Owned = { readonly provider: string; readonly ids: readonly string[] }

/** Which provider made a file, a batch, a job, a response: their ids come back without a model to go by. */
export class Owners {
  readonly #providers = new RecentMap<string>({ entries: MOST_IDS })
  readonly #tell: (owned: Owned) => void

  /** @param tell receives what is learnt here, for other processes */
  constructor(tell: (owned: Owned) => void = () => {}) {
    this.#tell = tell
  }

  of(id: string): string | undefined {
    return this.#providers.get(id)
  }

  note(id: string, provider: string): void {
    this.#note([id], provider)
  }

  /** Remembers every id in an answer's JSON: the object's own, those that it refers to, those of a list. */
  learn(json: string, provider: string): void {
    const answer = parseJson(json)
    if (!isObject(answer)) return
    this.#note([answer, ...asArray(answer['data']).filter(isObject)].flatMap(idsOf), provider)
  }

  /** Takes what another process learnt. */
  hear({ ids, provider }: Owned): void {
    for (const id of ids) this.#providers.set(id, provider)
  }

  /** Everything known, the oldest first, as a process that begins has to hear it. */
  news(): readonly Owned[] {
    const byProvider = Map.groupBy(this.#providers, ([, provider]) => provider)
    return [...byProvider].map(([provider, entries]) => ({ provider, ids: entries.map(([id]) => id) }))
  }

  #note(ids: readonly string[], provider: string): void {
    // Lists and looks at one object come again and again; only what is new is told.
    const fresh = ids.filter((id) => this.#providers.get(id) !== provider)
    this.hear({ ids, provider })
    if (fresh.length > 0) this.#tell({ ids: fresh, provider })
  }
}

/** `id`, `output_file_id`, `training_file`, `result_files`, `fine_tuned_model`, … */
const ID_FIELD = /^(?:id|\w+_file_id|\w+_file|fine_tuned_model)$/

function idsOf(object: JsonObject): readonly string[] {
  const single = Object.entries(object).flatMap(([name, value]) => (ID_FIELD.test(name) ? [value] : []))
  return [...single, ...asArray(object['result_files'])].flatMap((value) => {
    const id = asString(value)
    return id === undefined || id === '' || id.length > 200 ? [] : [id]
  })
}
