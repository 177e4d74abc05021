import { isObject, parseJson } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'

/** A tool call's input as the object that this protocol wants, and whether it had to be bent to be one. */
export type ToolInput = { readonly value: JsonObject; readonly bent: boolean }

/**
 * JSON text as an object. Nothing and `null` are no arguments; an object that was encoded twice is unpacked; what is
 * no object, or no JSON, is kept as `_raw`.
 */
export function toolInput(text: string): ToolInput {
  if (text.trim() === '') return { value: {}, bent: false }
  const parsed = parseJson(text)
  if (isObject(parsed)) return { value: parsed, bent: false }
  if (parsed === null) return { value: {}, bent: false }
  const twice = typeof parsed === 'string' ? parseJson(parsed) : undefined
  if (isObject(twice)) return { value: twice, bent: false }
  return { value: { _raw: text }, bent: true }
}

/**
 * What must be appended to JSON text that broke off to make it whole; undefined when that is not enough. A member
 * that had only begun is ended as it stands: `{"path":"/tm` gets `"}`.
 */
export function completion(text: string): string | undefined {
  const closers: string[] = []
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (inString) {
      if (char === '\\') at++
      else if (char === '"') inString = false
    } else if (char === '"') inString = true
    else if (char === '{') closers.push('}')
    else if (char === '[') closers.push(']')
    else if (char === '}' || char === ']') {
      if (closers.pop() !== char) return undefined
    }
  }
  const end = closers.toReversed().join('')
  return endings(text, inString)
    .map((ending) => ending + end)
    .find((tail) => isObject(parseJson(text + tail)))
}

/** Ways in which the innermost value may go on; the first that parses is taken. */
function endings(text: string, inString: boolean): readonly string[] {
  if (inString) {
    const escape = /\\(?:u[0-9a-fA-F]{0,3})?$/.exec(text)?.[0] ?? ''
    const fill =
      escape === '' || /(?:^|[^\\])(?:\\\\)+$/.test(text)
        ? ''
        : escape === '\\'
          ? '\\'
          : '0'.repeat(6 - escape.length)
    return [`${fill}"`, `${fill}":null`]
  }
  const word = ['true', 'false', 'null'].flatMap((whole) =>
    [4, 3, 2, 1]
      .filter((length) => length < whole.length && text.endsWith(whole.slice(0, length)))
      .map((length) => whole.slice(length)),
  )
  return ['', 'null', ':null', '"":null', '0', ...word]
}
