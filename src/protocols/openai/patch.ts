import { Losses } from '../../ir/dropped.ts'
import type { Encoded } from '../../ir/dropped.ts'
import { isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { takesSampling } from './encode-parameters.ts'
import type { SamplingDialect } from './encode-parameters.ts'

/** A copy of the request, made when the first change is. */
export class Patch {
  readonly losses = new Losses()
  #body: Record<string, unknown>
  #changed = false

  constructor(wire: JsonObject) {
    this.#body = wire as Record<string, unknown>
  }

  get(field: string): unknown {
    return this.#body[field] ?? undefined
  }

  /** Sets a field, or takes it out. */
  set(field: string, value: unknown): void {
    if (!this.#changed) this.#body = { ...this.#body }
    this.#changed = true
    if (value === undefined) delete this.#body[field]
    else this.#body[field] = value
  }

  /** Changes the members of a list. */
  mend(field: string, change: (member: JsonObject) => JsonObject): void {
    const given = this.get(field)
    const mended = mapEach(given, change)
    if (mended !== given) this.set(field, mended)
  }

  /** Takes a field out and reports it. */
  refuse(field: string, note = 'this upstream refuses it'): void {
    if (!(field in this.#body)) return
    // Null means "absent", but only to those who know the field.
    if (this.#body[field] !== null) this.losses.unsupported(field, note)
    this.set(field, undefined)
  }

  result(): Encoded<JsonObject> | undefined {
    return this.#changed ? { body: this.#body, dropped: this.losses.list } : undefined
  }
}

/** The list with its members changed; the very same when none was. */
export function mapEach(list: unknown, change: (member: JsonObject) => JsonObject): unknown {
  if (!Array.isArray(list)) return list
  const changed = list.map((member: unknown) => (isObject(member) ? change(member) : member))
  return changed.some((member, index) => member !== list[index]) ? changed : list
}

/** Takes out the sampling parameters that a model refuses at this effort. */
export function patchSampling(
  patch: Patch,
  fields: readonly string[],
  effort: unknown,
  dialect: SamplingDialect,
): void {
  const note = 'this model samples in its own way'
  if (!takesSampling(effort, dialect)) {
    // The default said out loud is the one value that these models do not refuse.
    for (const field of fields) if (!isDefault(field, patch.get(field))) patch.refuse(field, note)
  } else if (dialect.sampling === 'temperature-or-top-p' && patch.get('temperature') !== undefined)
    patch.refuse('top_p', note)
}

const isDefault = (field: string, value: unknown): boolean =>
  (field === 'temperature' || field === 'top_p') && value === 1

/** A choice that forces a call becomes `auto` where the model cannot be forced. */
export function patchChoice(
  patch: Patch,
  { forcedToolChoice }: { readonly forcedToolChoice: boolean },
): void {
  const choice = patch.get('tool_choice')
  if (forcedToolChoice || (choice !== 'required' && !isObject(choice))) return
  patch.losses.approximated('tool_choice', 'this model cannot be forced to call a tool: auto')
  patch.set('tool_choice', 'auto')
}
