import type { Dropped, Encoded } from '../../ir/dropped.ts'
import { unfold } from '../../ir/fold.ts'
import { asObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ModelResponse } from '../../ir/response.ts'
import type { ReplyContext } from '../protocol.ts'
import { ResponseWriter } from './response-writer.ts'

/** A whole answer for a client, under the name that it asked for: what the last event of its stream would say. */
export function encodeResponse(response: ModelResponse, context: ReplyContext): Encoded<JsonObject> {
  const dropped: Dropped[] = []
  let body: JsonObject = {}
  const writer = new ResponseWriter({ ...context, onDropped: (loss) => void dropped.push(loss) }, (event) => {
    if ('response' in event) body = asObject(event['response'])
  })
  for (const event of unfold(response)) writer.write(event)
  writer.end()
  for (const index of (response.alternatives ?? []).keys())
    dropped.push({
      path: `choices[${index + 1}]`,
      reason: 'unsupported',
      content: true,
      note: 'one answer only',
    })
  return { body, dropped }
}
