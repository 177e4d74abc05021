import { compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ReplyContext } from '../protocol.ts'

/** What every chunk of an answer begins with, as JSON text up to its choices. */
export function chunkHead({ id, created, request }: ReplyContext, more: object): string {
  const identity = {
    id: `chatcmpl-${id}`,
    object: 'chat.completion.chunk',
    created,
    model: request.model,
    ...compact(more),
  }
  return JSON.stringify(identity).slice(0, -1)
}

/** The head with fields that belong to one chunk, after those of every chunk. */
export function headWith(head: string, fields: JsonObject): string {
  return Object.keys(fields).length === 0 ? head : `${head},${JSON.stringify(fields).slice(1, -1)}`
}

/** What stands between a chunk's head and its delta, and what closes it. */
export const BEFORE_DELTA = ',"choices":[{"index":0,"delta":'
export const AFTER_DELTA = ',"logprobs":null,"finish_reason":null}]}'
