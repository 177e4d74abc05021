import { createHash } from 'node:crypto'
import { targetName, type Step, type TargetRef } from './rule.ts'

/**
 * A step's targets in the order in which this conversation is to try them. Weighted rendezvous hashing: every target draws
 * a score from the conversation's key, the highest goes first. So a conversation stays where its prompt cache is
 * without anything being stored, conversations spread by weight, and when a target is added or removed only those move
 * that it wins or loses.
 */
export function balanced({ targets, weights }: Step, session: string): readonly TargetRef[] {
  if (targets.length < 2) return targets
  const scored = targets.map((target, index) => ({
    target,
    score: (weights?.[index] ?? 1) / -Math.log(drawn(session, targetName(target))),
  }))
  return scored.toSorted((a, b) => b.score - a.score).map(({ target }) => target)
}

/** A number in (0, 1) that the two texts alone decide. */
function drawn(session: string, target: string): number {
  const digest = createHash('sha256')
    .update(JSON.stringify([session, target]))
    .digest()
  return (digest.readUIntBE(0, 6) + 0.5) / 2 ** 48
}
