import type { ModelRequest } from '../../src/ir/request.ts'
import type { ReplyContext } from '../../src/protocols/protocol.ts'

/** A reply to a plain request, with the same name and hour every time. */
export function contextFor(stream: boolean, request: Partial<ModelRequest> = {}): ReplyContext {
  return {
    request: {
      model: 'asked-model',
      turns: [{ role: 'user', parts: [{ kind: 'text', text: 'hello' }] }],
      tools: [],
      streamUsage: true,
      ...request,
      stream,
    },
    id: 'law0123456789',
    created: 1_790_000_000,
  }
}
