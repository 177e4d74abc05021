import { asNumber } from '../../ir/json.ts'
import type { TokenCounting } from '../protocol.ts'

/** What `input_tokens` takes. API reference, "Get input token counts". */
const COUNTED = new Set([
  'model',
  'input',
  'instructions',
  'conversation',
  'previous_response_id',
  'parallel_tool_calls',
  'personality',
  'reasoning',
  'text',
  'tool_choice',
  'tools',
  'truncation',
])

/** `POST /v1/responses/input_tokens`. */
export const counting: TokenCounting = {
  request: (body) => ({
    body: Object.fromEntries(Object.entries(body).filter(([field]) => COUNTED.has(field))),
    dropped: [],
  }),
  read: (wire) => asNumber(wire['input_tokens']),
  reply: (tokens) => ({ object: 'response.input_tokens', input_tokens: tokens }),
}
