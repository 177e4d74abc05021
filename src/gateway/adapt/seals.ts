import type { Losses } from '../../ir/dropped.ts'
import type { ModelEvent } from '../../ir/event.ts'
import type { Part } from '../../ir/part.ts'
import { openSeal, wrapSeal, type Seal } from '../../ir/seal.ts'
import type { Stage } from '../../stream/sink.ts'
import type { Adapt } from './adaptation.ts'

/** Who would have to read a seal: one upstream model, reached in one protocol. */
export type SealScope = {
  readonly issuer: string
  readonly model: string
  /** True when the target speaks the client's protocol, so that a bare seal may be the target's own. */
  readonly sameProtocol: boolean
  readonly secret: string
}

/**
 * Opens the envelopes in a history. What the target itself sealed goes back to it byte for byte; reasoning of
 * another issuer, and forged or torn envelopes, are left out and reported: a vendor refuses what it cannot read.
 */
export function openSeals(scope: SealScope): Adapt {
  return (request, losses) => {
    if (!request.turns.some((turn) => turn.parts.some(isSealed))) return { request }
    const turns = request.turns.map((turn, index) => {
      if (!turn.parts.some(isSealed)) return turn
      const parts = turn.parts.flatMap((part, at) =>
        openPart(part, scope, losses, `messages[${index}].content[${at}]`),
      )
      return { ...turn, parts }
    })
    return { request: { ...request, turns: turns.filter((turn) => turn.parts.length > 0) } }
  }
}

const isSealed = (part: Part): boolean =>
  (part.kind === 'reasoning' || part.kind === 'tool-call') && part.seal !== undefined

function openPart(part: Part, scope: SealScope, losses: Losses, path: string): readonly Part[] {
  if ((part.kind !== 'reasoning' && part.kind !== 'tool-call') || part.seal === undefined) return [part]
  const { seal, ...bare } = part
  const opened = openFor(seal.value, scope)
  if (opened === 'foreign') {
    losses.foreignSeal(path, 'reasoning that another model or provider sealed')
    return part.kind === 'tool-call' ? [bare as Part] : []
  }
  // An empty value says only who reasoned: the upstream gives readable reasoning without a secret.
  return opened.value === '' && !isEmptyOriginal(seal)
    ? [bare as Part]
    : [{ ...part, seal: { value: opened.value } }]
}

const isEmptyOriginal = (seal: Seal): boolean => seal.value === ''

function openFor(value: string, scope: SealScope): Seal | 'foreign' {
  const opened = openSeal(value, scope.secret)
  if (opened === undefined) return 'foreign'
  if (opened.issuer === undefined) return scope.sameProtocol ? opened : 'foreign'
  return opened.issuer === scope.issuer && opened.model === scope.model ? opened : 'foreign'
}

/**
 * Wraps what the upstream sealed into envelopes for the client. Readable reasoning without a seal gets an empty one, so
 * that its issuer is known when it comes back.
 */
export function wrapSeals(scope: SealScope): Stage<ModelEvent, ModelEvent> {
  const wrap = (value: string): Seal => ({
    value: wrapSeal({ issuer: scope.issuer, model: scope.model, value }, scope.secret),
  })
  return (out) => {
    const reasoning = new Set<number>()
    return {
      write(event) {
        switch (event.type) {
          case 'reasoning-start':
            reasoning.add(event.at)
            break
          case 'part-end':
            if (event.seal === undefined && !reasoning.has(event.at)) break
            out.write({ ...event, seal: wrap(event.seal?.value ?? '') })
            return
          case 'part': {
            if (!isSealed(event.part)) break
            const part = event.part as Part & { seal: Seal }
            out.write({ ...event, part: { ...part, seal: wrap(part.seal.value) } as Part })
            return
          }
        }
        out.write(event)
      },
      end: () => out.end(),
    }
  }
}

/** True when the JSON of a request may hold an envelope of ours; a cheap look before any walk through it. */
export function mayHoldEnvelope(body: Buffer | string): boolean {
  return body.includes('"dg1.')
}
