import { createHash } from 'node:crypto'
import { asArray, asObject, asString, isObject, parseJson, type JsonObject } from '../ir/json.ts'

/** Headers by which clients name their session: Claude Code, Codex, opencode and others. */
const HEADERS = ['x-claude-code-session-id', 'session-id', 'session_id', 'x-session-id', 'x-session-affinity']

/**
 * What all requests of one conversation share and others do not: the session that the client names, else a digest of
 * how the conversation begins, which later turns repeat. Undefined when the body says nothing of the kind. `wire` may be
 * an outline; `whole` gives the request with all its texts.
 */
export function sessionOf(
  headers: Readonly<Record<string, string>>,
  wire: JsonObject,
  whole = () => wire,
): string | undefined {
  const named =
    HEADERS.map((name) => headers[name]?.trim()).find((value) => value !== undefined && value !== '') ??
    nonEmpty(wire['prompt_cache_key']) ??
    sessionOfUser(nonEmpty(asObject(wire['metadata'])['user_id']))
  return named ?? opening(whole())
}

/** Claude Code's `metadata.user_id`: JSON with a `session_id`, in older versions `user_…_session_<id>`. */
function sessionOfUser(userId: string | undefined): string | undefined {
  if (userId === undefined) return undefined
  return nonEmpty(asObject(parseJson(userId))['session_id']) ?? /_session_(.+)$/.exec(userId)?.[1]
}

/** The system prompt and the first turn of the user. */
function opening(wire: JsonObject): string | undefined {
  const turns = [wire['messages'], wire['input']].find((value) => Array.isArray(value))
  const list = asArray(turns ?? wire['input'])
  const first = list.findIndex((turn) => isObject(turn) && turn['role'] === 'user')
  const head = list.slice(0, Math.max(first, 0) + 1)
  const input = asString(wire['input'])
  if (head.length === 0 && input === undefined) return undefined
  return createHash('sha256')
    .update(JSON.stringify([wire['system'], wire['instructions'], input, head]))
    .digest('base64url')
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
