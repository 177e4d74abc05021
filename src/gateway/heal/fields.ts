import type { Losses } from '../../ir/dropped.ts'
import { isObject, type JsonObject } from '../../ir/json.ts'
import type { Lesson } from './lessons.ts'

/** A body without the fields that its upstream refused before; the same body when it has none of them. */
export function withoutFields(body: JsonObject, lessons: readonly Lesson[], losses: Losses): JsonObject {
  let kept = body
  for (const lesson of lessons) {
    if (lesson.kind !== 'field') continue
    const without = remove(kept, lesson.path) as JsonObject
    if (without === kept) continue
    losses.unsupported(lesson.path.join('.').replaceAll('.*', '[]'), 'this upstream refused it')
    kept = without
  }
  return kept
}

function remove(value: unknown, [step, ...rest]: readonly string[]): unknown {
  if (step === undefined) return value
  if (Array.isArray(value)) {
    if (step !== '*') return value
    const items = value.map((item) => remove(item, rest))
    return items.some((item, index) => item !== value[index]) ? items : value
  }
  if (!isObject(value)) return value
  if (!Object.hasOwn(value, step)) {
    // Anthropic's paths name the kind of a thing too, and a tool without a kind is `custom`.
    const isKind = value['type'] === step || (step === 'custom' && value['type'] === undefined)
    return isKind ? remove(value, rest) : value
  }
  const inner = rest.length === 0 ? undefined : remove(value[step], rest)
  if (inner === value[step]) return value
  const { [step]: _, ...others } = value
  const isEmpty = inner === undefined || (isObject(inner) && Object.keys(inner).length === 0)
  return isEmpty ? others : { ...value, [step]: inner }
}

/** Request headers without the betas that their upstream refused before; the same headers when there are none. */
export function withoutBetas(
  headers: Readonly<Record<string, string>>,
  lessons: readonly Lesson[],
  losses: Losses,
): Readonly<Record<string, string>> {
  const given = headers['anthropic-beta']
  if (given === undefined || lessons.length === 0) return headers
  const refused = new Set(lessons.flatMap((lesson) => (lesson.kind === 'beta' ? [lesson.value] : [])))
  if (refused.size === 0) return headers
  const betas = given.split(',').map((beta) => beta.trim())
  const kept = betas.filter((beta) => !refused.has(beta))
  if (kept.length === betas.length) return headers
  for (const beta of betas)
    if (refused.has(beta)) losses.unsupported(`anthropic-beta[${beta}]`, 'this upstream refused it')
  const { 'anthropic-beta': _, ...others } = headers
  return kept.length === 0 ? others : { ...others, 'anthropic-beta': kept.join(',') }
}
