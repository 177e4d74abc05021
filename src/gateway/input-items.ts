import { endOfValue, skipSpace, spliceMembers, topLevelMembers } from './splice.ts'

const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const QUOTE = 0x22
const COMMA = 0x2c

/**
 * The items of a Responses request's `input` as JSON, each spelled as the client did. Text instead of a list is the one
 * message that it stands for. None where there is no readable input. The body must be valid JSON with an object at its root.
 */
export function inputItems(body: Buffer): readonly string[] {
  // Of a member that stands twice the last counts, as in parsing.
  const input = topLevelMembers(body).findLast(({ key }) => key === 'input')
  if (input === undefined) return []
  const { valueStart, valueEnd } = input
  if (body[valueStart] === QUOTE)
    return [`{"role":"user","content":${body.toString('utf8', valueStart, valueEnd)}}`]
  if (body[valueStart] !== OPEN_LIST) return []
  const items: string[] = []
  for (let at = skipSpace(body, valueStart + 1); at < valueEnd && body[at] !== CLOSE_LIST;) {
    const end = endOfValue(body, at)
    items.push(body.toString('utf8', at, end))
    at = skipSpace(body, end)
    if (body[at] === COMMA) at = skipSpace(body, at + 1)
  }
  return items
}

/** The request with other items, which are whole: nothing before them is left to look up. Every other byte stays. */
export function withInputItems(body: Buffer, items: readonly string[]): Buffer {
  const input = `[${items.join(',')}]`
  const members = new Set(topLevelMembers(body).map(({ key }) => key))
  // Who continues an answer need not say anything more.
  return members.has('input')
    ? spliceMembers(body, { input, previous_response_id: 'null' })
    : spliceMembers(body, { previous_response_id: `null,"input":${input}` })
}
