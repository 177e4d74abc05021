import { asArray, asString, isObject, parseJson, type JsonObject } from '../../ir/json.ts'

/** Ids are remembered so many at a time; a client that comes back later names the provider. */
const MOST_IDS = 20_000
/** Answers beyond this are not looked into. Bytes. */
export const LONGEST_LESSON = 256 * 1024

/** Which provider made a file, a batch, a job, a response: their ids come back without a model to go by. */
export class Owners {
  readonly #providers = new Map<string, string>()

  of(id: string): string | undefined {
    return this.#providers.get(id)
  }

  note(id: string, provider: string): void {
    this.#providers.delete(id)
    this.#providers.set(id, provider)
    if (this.#providers.size <= MOST_IDS) return
    for (const oldest of this.#providers.keys()) {
      this.#providers.delete(oldest)
      return
    }
  }

  /** Remembers every id in an answer's JSON: the object's own, those that it refers to, those of a list. */
  learn(json: string, provider: string): void {
    const answer = parseJson(json)
    if (!isObject(answer)) return
    for (const object of [answer, ...asArray(answer['data']).filter(isObject)]) {
      for (const id of idsOf(object)) this.note(id, provider)
    }
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
