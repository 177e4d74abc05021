import { asNumber } from '../../ir/json.ts'
import type { TokenCounting } from '../protocol.ts'
import { camelFields } from './fields.ts'

/** `POST …/models/M:countTokens` with the whole request, which names its model again. */
export const counting: TokenCounting = {
  request: (body, model) => ({
    body: { generateContentRequest: { model: `models/${model.replace(/^models\//, '')}`, ...body } },
    dropped: [],
  }),
  read: (wire) => asNumber(camelFields(wire)['totalTokens']),
  reply: (tokens) => ({ totalTokens: tokens }),
}
