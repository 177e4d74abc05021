import { invalidRequest } from '../../errors.ts'
import { isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Part } from '../../ir/part.ts'

/**
 * The parts of a message's `content` or of a tool's output: a string, a list of parts, or nothing.
 * @throws `invalid-request` naming the part that cannot be read.
 */
export function decodeParts(
  content: unknown,
  path: string,
  decodePart: (wire: JsonObject, path: string) => Part,
): Part[] {
  if (content === undefined || content === null) return []
  if (typeof content === 'string') return [{ kind: 'text', text: content }]
  if (!Array.isArray(content)) throw invalidRequest(`${path} must be a string or an array of parts`, path)
  return content.map((part: unknown, index): Part => {
    const place = `${path}[${index}]`
    if (typeof part === 'string') return { kind: 'text', text: part }
    if (!isObject(part)) throw invalidRequest(`${place} must be an object`, place)
    return decodePart(part, place)
  })
}
