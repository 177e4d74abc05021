import { Losses } from '../../ir/dropped.ts'
import type { Encoded } from '../../ir/dropped.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ModelResponse } from '../../ir/response.ts'
import type { ReplyContext } from '../protocol.ts'
import { ownFields } from './extensions.ts'
import { replyBlocks } from './reply-blocks.ts'
import { encodeFinish, isTruncation } from './stop-reason.ts'
import { encodeUsage } from './usage.ts'
import { wordsLast } from './words-last.ts'

/** A whole answer for a client. It names the model that the client asked for, whoever answered. */
export function encodeResponse(response: ModelResponse, context: ReplyContext): Encoded<JsonObject> {
  const losses = new Losses()
  const { finish, usage, alternatives } = response
  const parts = wordsLast(response.parts)
  const truncated = isTruncation(finish)
  const content = parts.flatMap((part, index) =>
    replyBlocks(part, `content[${index}]`, { onDropped: (dropped) => losses.add(dropped), truncated }),
  )
  if (alternatives !== undefined && alternatives.length > 0) losses.content('choices', 'one answer only')
  const body = {
    id: `msg_${context.id}`,
    type: 'message',
    role: 'assistant',
    model: context.request.model,
    content,
    ...encodeFinish(finish, {
      toolCalls: content.some(({ type }) => type === 'tool_use'),
      refusal: parts.some(({ kind }) => kind === 'refusal'),
    }),
    usage: encodeUsage(usage),
    ...ownFields(response.ext),
  }
  return { body, dropped: losses.list }
}
