import { Refused } from '../surface.ts'

/** Refuses a request with 400 in Anthropic's form. */
export function refuse(message: string): never {
  throw new Refused({ status: 400, type: 'invalid_request_error', message })
}

/** Refuses members that the API does not know. */
export function onlyKnown(value: object, known: ReadonlySet<string>, path: string): void {
  for (const name of Object.keys(value)) {
    if (!known.has(name)) refuse(`${path === '' ? name : `${path}.${name}`}: Extra inputs are not permitted`)
  }
}

/** The member, refused where it is absent. */
export function required(value: unknown, path: string): void {
  if (value === undefined) refuse(`${path}: Field required`)
}

/** A set from words separated by white space. */
export function names(list: string): ReadonlySet<string> {
  return new Set(list.trim().split(/\s+/))
}
