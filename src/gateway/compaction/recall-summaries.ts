import type { Losses } from '../../ir/dropped.ts'
import type { Part } from '../../ir/part.ts'
import { sealedConversation } from '../../protocols/responses/index.ts'
import type { Adapt } from '../adapt/adaptation.ts'
import { openSummary } from './summary-seal.ts'
import { tellSummary } from './words.ts'

/** Opens the summaries of ours in a history, for any model to read. What a vendor sealed is left to the encoder. */
export function recallSummaries(secret: string): Adapt {
  return (request, losses) => {
    const isCompacted = (part: Part): boolean => sealedConversation(part) !== undefined
    if (!request.turns.some(({ parts }) => parts.some(isCompacted))) return { request }
    const turns = request.turns.map((turn, index) => {
      if (!turn.parts.some(isCompacted)) return turn
      const parts = turn.parts.flatMap((part, at) =>
        readable(part, secret, losses, `messages[${index}].content[${at}]`),
      )
      return { ...turn, parts }
    })
    return { request: { ...request, turns: turns.filter(({ parts }) => parts.length > 0) } }
  }
}

function readable(part: Part, secret: string, losses: Losses, path: string): readonly Part[] {
  const sealed = sealedConversation(part)
  if (sealed === undefined) return [part]
  const opened = openSummary(sealed, secret)
  switch (opened.kind) {
    case 'summary':
      return [{ kind: 'text', text: tellSummary(opened.text) }]
    case 'of-vendor':
      return [part]
    case 'unreadable':
      losses.content(path, UNREADABLE)
      return []
    default:
      return opened satisfies never
  }
}

/** Why a summary of ours is left out. */
export const UNREADABLE =
  'a compacted conversation whose seal is not genuine, or was made with another secret'
