import { asObject } from '../ir/json.ts'
import type { JsonObject } from '../ir/json.ts'
import type { Finish } from '../ir/response.ts'

/** The categories that fired, from verdicts in Azure's form: `{ violence: { filtered: true, severity: 'high' }, … }`. */
export function firedCategories(verdicts: unknown): readonly string[] {
  return Object.entries(asObject(verdicts)).flatMap(([category, verdict]) =>
    asObject(verdict)['filtered'] === true ? [category] : [],
  )
}

/** What a finish tells of a filter that cut in; nothing where it is not known what fired. */
export function filterDetail(categories: readonly string[]): Pick<Finish, 'detail'> {
  if (categories.length === 0) return {}
  const category = [...new Set(categories)].join(', ')
  return { detail: { category, explanation: `The provider's content filter cut in: ${category}` } }
}

/** The verdicts on an answer that a filter cut off, where Azure's clients look for them; nothing for other answers. */
export function filterVerdicts({ reason, detail }: Finish): { readonly content_filter_results?: JsonObject } {
  if (reason !== 'filtered' || detail?.category === undefined) return {}
  const fired = detail.category.split(', ').map((category) => [category, { filtered: true }] as const)
  return { content_filter_results: Object.fromEntries(fired) }
}
