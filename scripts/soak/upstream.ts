/** The soak's upstream, a process of its own: answers with the tag of each request, and misbehaves by that tag. */
import { startSimulator } from '../../src/simulator/simulator.ts'
import type { Answer, Faults } from '../../src/simulator/script.ts'
import type { ReceivedRequest } from '../../src/simulator/received.ts'
import { chance, pick } from './chance.ts'
import { TAG } from './tag.ts'

const simulator = await startSimulator({ checks: 'lenient' })

const TRICKLE = 1
const limit = { status: 429, message: 'slow down', headers: { 'retry-after-ms': '40' } }

function misbehaviour(draw: () => number): Faults | { readonly error: Answer['error'] } {
  const events = Math.floor(draw() * 12)
  const bytes = Math.floor(draw() * 3000)
  return pick<() => Faults | { readonly error: Answer['error'] }>(draw, [
    [34, () => ({ pacingMs: 1 + draw() * 40 })],
    [16, () => ({ pacingMs: 5, chunkBytes: 16 + Math.floor(draw() * 100) })],
    [10, () => ({})],
    [6, () => ({ gzip: true, pacingMs: 10 })],
    [2, () => ({ chunkBytes: TRICKLE })],
    [4, () => ({ firstByteDelayMs: 200 + draw() * 800 })],
    [4, () => ({ error: limit })],
    [4, () => ({ error: { status: draw() < 0.5 ? 500 : 503, message: 'no luck' } })],
    [2, () => ({ error: { status: 400, message: 'This cannot be.' } })],
    [6, () => ({ cutAfterBytes: bytes, cutBy: 'end', pacingMs: 3 })],
    [4, () => ({ cutAfterBytes: bytes, cutBy: 'reset', pacingMs: 3 })],
    [3, () => ({ endAfterEvents: events, pacingMs: 3 })],
    [3, () => ({ inStreamError: { status: 500, message: 'broke down', afterEvents: events }, pacingMs: 3 })],
    [2, () => ({ stallAfterEvents: { events } })],
    [1, () => ({ htmlBody: '<html><title>Sign in</title></html>' })],
    [1, () => ({ emptyBody: true })],
  ])()
}

function answerTo(request: ReceivedRequest): Answer {
  const tag = TAG.exec(request.bytes.toString('utf8'))?.[0] ?? 'tag-000000000000'
  const draw = chance(Number.parseInt(tag.slice(4, 12), 16))
  const chosen = misbehaviour(draw)
  if ('error' in chosen && chosen.error !== undefined) return { error: chosen.error }
  // A byte at a time takes a turn of the whole process each: that is for short answers.
  const words = 'chunkBytes' in chosen && chosen.chunkBytes === TRICKLE ? 1 : 5 + Math.floor(draw() * 60)
  return {
    ...(draw() < 0.3 && { thinking: `I think of ${tag}.` }),
    text: `${tag} ${'Grüße 🙂 '.repeat(words)}${tag}`,
    ...(draw() < 0.4 && { toolCalls: [{ name: 'look', input: { about: tag, and: 'x'.repeat(words) } }] }),
    faults: chosen as Faults,
  }
}

simulator.respond(answerTo)
// What it remembers of requests is for tests; here it would only grow.
setInterval(() => {
  simulator.reset()
  simulator.respond(answerTo)
}, 1_000)
process.on('disconnect', () => process.exit(0))
process.send?.({ url: simulator.url })
