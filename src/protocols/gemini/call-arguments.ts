import { isObject, parseJson } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'

/** A call's arguments as the object that this protocol wants, and whether they had to be bent to be one. */
export type CallArguments = { readonly value: JsonObject; readonly bent: boolean }

/**
 * JSON text as an object. Nothing and `null` are no arguments; an object that was encoded twice is unpacked; what is
 * no object, or no JSON, is kept as `_raw`.
 */
export function callArguments(text: string): CallArguments {
  if (text.trim() === '') return { value: {}, bent: false }
  const parsed = parseJson(text)
  if (isObject(parsed)) return { value: parsed, bent: false }
  if (parsed === null) return { value: {}, bent: false }
  const twice = typeof parsed === 'string' ? parseJson(parsed) : undefined
  return isObject(twice) ? { value: twice, bent: false } : { value: { _raw: text }, bent: true }
}
