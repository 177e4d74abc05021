import { GatewayError } from '../../errors.ts'
import type { ModelEvent } from '../../ir/event.ts'
import type { ModelRequest, Turn } from '../../ir/request.ts'
import { asksToCompact, compactedConversation } from '../../protocols/responses/index.ts'
import type { Stage } from '../../stream/sink.ts'
import type { Adapt } from '../adapt/adaptation.ts'
import { sealSummary } from './summary-seal.ts'
import { ASK_FOR_SUMMARY } from './words.ts'

/**
 * Compacts a conversation at a target whose vendor has no compaction: the model is asked for a summary, and the client gets
 * it sealed, as the one item that it waits for. The conversation goes out as in every other turn, tools included, so
 * that the upstream's prompt cache holds; but nothing may be called, and the answer is free text.
 */
export function compactBySummary(secret: string): Adapt {
  return (request, losses) => {
    const at = request.turns.findIndex(({ parts }) => parts.some(asksToCompact))
    if (at < 0) return { request }
    losses.approximated(`messages[${at}]`, 'compacted by a summary that the model writes')
    return { request: askedForSummary(request), restore: onlySummary(secret) }
  }
}

function askedForSummary({
  output: _,
  verbosity: __,
  toolChoice: ___,
  ...request
}: ModelRequest): ModelRequest {
  const turns = request.turns.flatMap((turn): readonly Turn[] => {
    if (!turn.parts.some(asksToCompact)) return [turn]
    const parts = turn.parts.filter((part) => !asksToCompact(part))
    return parts.length === 0 ? [] : [{ ...turn, parts }]
  })
  return {
    ...request,
    turns: [...turns, { role: 'user', parts: [{ kind: 'text', text: ASK_FOR_SUMMARY }] }],
    ...(request.tools.length > 0 && { toolChoice: { mode: 'none' } }),
  }
}

/**
 * Of an answer, its text as the sealed item, and its usage: clients take exactly one item for a compaction. Nothing is said
 * before the summary is there, so that a failure keeps its status as long as no ping has gone out.
 *
 * @throws GatewayError `upstream-broken`, from `write`, when the answer has no text
 */
function onlySummary(secret: string): Stage<ModelEvent, ModelEvent> {
  return (out) => {
    const held: ModelEvent[] = []
    const texts = new Map<number, string>()
    const add = (at: number, text: string) => void texts.set(at, (texts.get(at) ?? '') + text)
    return {
      write(event) {
        switch (event.type) {
          case 'response-start':
          case 'usage':
            held.push(event)
            return
          case 'ping':
          case 'error':
            out.write(event)
            return
          case 'text-delta':
            add(event.at, event.text)
            return
          case 'part':
            if (event.part.kind === 'text') add(event.at, event.part.text)
            return
          case 'response-end': {
            const part = compactedConversation(sealSummary(summaryOf(texts), secret))
            for (const each of held) out.write(each)
            out.write({ type: 'part', at: 0, part })
            // One that hit the length limit is better than none.
            out.write({ type: 'response-end', finish: { reason: 'stop' } })
            return
          }
          case 'text-start':
          case 'reasoning-start':
          case 'reasoning-delta':
          case 'refusal-start':
          case 'refusal-delta':
          case 'tool-call-start':
          case 'tool-call-delta':
          case 'part-end':
          case 'annotation':
          case 'opaque':
            return
          default:
            event satisfies never
        }
      },
      end: () => out.end(),
    }
  }
}

function summaryOf(texts: ReadonlyMap<number, string>): string {
  const inOrder = [...texts].toSorted(([a], [b]) => a - b).map(([, text]) => text)
  const summary = inOrder.join('\n\n').trim()
  if (summary !== '') return summary
  throw new GatewayError('upstream-broken', 'the model wrote no summary to compact the conversation', {
    // The same model has just read all of it; whether once more is worth that is for the client to say.
    retry: 'next',
  })
}
