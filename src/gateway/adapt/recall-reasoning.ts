import type { ModelEvent } from '../../ir/event.ts'
import type { Part, ReasoningPart } from '../../ir/part.ts'
import type { Turn } from '../../ir/request.ts'
import type { Stage } from '../../stream/sink.ts'
import type { ReasoningStore } from '../reasoning-store.ts'
import type { Adapt } from './adaptation.ts'

/**
 * For clients whose protocol has no slot for reasoning, or that leave it empty: puts back what was thought before each
 * tool call of the history, as far as the store still knows. Envelopes are opened by a later step, which leaves out the
 * foreign ones.
 */
export function recallReasoning(store: ReasoningStore): Adapt {
  return (request) => {
    const sent = new SentReasoning()
    const turns = request.turns.map((turn) => (sent.isIn(turn) ? turn : recallTurn(turn, store)))
    return {
      request: turns.some((turn, index) => turn !== request.turns[index]) ? { ...request, turns } : request,
    }
  }
}

/** Which answers the client sent back with their reasoning. Several turns may be one answer, if it was several messages. */
class SentReasoning {
  #isInAnswer = false

  isIn({ role, parts }: Turn): boolean {
    if (role !== 'assistant') this.#isInAnswer = false
    else this.#isInAnswer ||= parts.some((part) => part.kind === 'reasoning' && part.seal !== undefined)
    return this.#isInAnswer
  }
}

function recallTurn(turn: Turn, store: ReasoningStore): Turn {
  if (turn.role !== 'assistant' || !turn.parts.some((part) => part.kind === 'tool-call')) return turn
  const head: Part[] = []
  const rest: Part[] = []
  let calls = 0
  for (const part of turn.parts) {
    const known = part.kind === 'tool-call' ? (store.recall(part) ?? []) : []
    // Thinking opens a turn, before any text; between calls it stands before the one that it led to.
    if (part.kind === 'tool-call' && calls++ === 0) head.push(...known)
    else rest.push(...known)
    rest.push(part)
  }
  if (head.length + rest.length === turn.parts.length) return turn
  // What the client sent back of it is a copy without its seal.
  return {
    ...turn,
    parts: [...head, ...rest.filter((part) => part.kind !== 'reasoning' || part.seal !== undefined)],
  }
}

/** Keeps the reasoning of an answer by the tool calls that follow it. Changes nothing that goes by. */
export function rememberReasoning(store: ReasoningStore): Stage<ModelEvent, ModelEvent> {
  return (out) => {
    const reasoning = new Map<number, ReasoningPart>()
    const calls = new Map<number, { id: string; name: string; input: string }>()
    const observe = (event: ModelEvent): void => {
      if (event.type === 'reasoning-start') reasoning.set(event.at, { kind: 'reasoning', text: '' })
      else if (event.type === 'reasoning-delta') {
        const part = reasoning.get(event.at)
        if (part !== undefined) reasoning.set(event.at, { ...part, text: part.text + event.text })
      } else if (event.type === 'part' && event.part.kind === 'reasoning') reasoning.set(event.at, event.part)
      else if (event.type === 'tool-call-start')
        calls.set(event.at, { id: event.id, name: event.name, input: '' })
      else if (event.type === 'tool-call-delta') {
        const call = calls.get(event.at)
        if (call !== undefined) call.input += event.input
      } else if (event.type === 'part-end' && event.seal !== undefined) {
        const part = reasoning.get(event.at)
        if (part !== undefined) reasoning.set(event.at, { ...part, seal: event.seal })
      } else if (event.type === 'response-end') keep()
    }
    const keep = () => {
      let from = -1
      for (const [at, call] of [...calls].toSorted((a, b) => a[0] - b[0])) {
        const before = [...reasoning].filter(([place]) => place > from && place < at)
        if (before.length > 0) {
          const thoughts = before.toSorted((a, b) => a[0] - b[0]).map(([, part]) => part)
          store.remember({ kind: 'tool-call', ...call }, thoughts)
        }
        from = at
      }
    }
    return {
      write(event) {
        observe(event)
        out.write(event)
      },
      end: () => out.end(),
    }
  }
}
