import { setTimeout as sleep } from 'node:timers/promises'
import { requestBytes, type Running } from '../gateways/start.ts'
import { drive, type Outcome } from '../load/drive.ts'
import { cpuOf } from '../machine/cpu.ts'
import { answerOf, tokensOf } from '../traffic/answer.ts'
import { LAST_WORDS } from '../traffic/conversation.ts'
import type { Pair } from '../traffic/protocols.ts'
import { faultOf, readReply, saidBy } from '../traffic/read-reply.ts'
import { requestBody } from '../traffic/request.ts'
import type { Load, Workload } from '../traffic/workloads.ts'
import type { Mock } from '../upstream/mock.ts'
import { askOnce, pairFor } from './bench.ts'

/** One gateway under one workload for one pair. */
export type Cell = {
  readonly workload: Workload
  readonly pair: Pair
  readonly running: Running
  readonly request: Buffer
  /** Tokens in an answer of the model, and marks in an answer of the gateway (some protocols say texts twice). */
  readonly tokens: number
  readonly marks: number
}

/** One round of one cell. */
export type Sample = { readonly cpuPerRequest: number; readonly outcome: Outcome }

/**
 * Asks once and reads the answer in full, and what the upstream received.
 *
 * @returns the cell, or what is wrong; undefined where the gateway does not offer the pair
 */
export async function probe(
  mock: Mock,
  running: Running,
  workload: Workload,
  wished: Pair,
): Promise<Cell | string | undefined> {
  const pair = pairFor(running.gateway, wished)
  const ask = running.gateway.ask(pair, mock.port)
  if (ask === undefined) return undefined
  const body = requestBody(pair.client, workload.conversation, ask.model)
  const request = requestBytes(ask, pair.client, body)
  mock.answer(workload.answer)
  const captured = mock.capture()
  const reply = await askOnce(running.port, request, { bytes: true })
  const text = unchunked(Buffer.concat(reply.bytes ?? [])).toString()
  if (reply.fault !== undefined || reply.status !== 200) {
    return reply.fault ?? `status ${reply.status}: ${wordsOf(text)}`
  }
  const received = await captured
  if (received.protocol !== pair.upstream) return `asked the upstream in ${received.protocol}`
  const lost = requestFault(received.body, workload)
  if (lost !== undefined) return lost
  const { shape } = workload.answer
  const fault = replyFault(text, workload, pair)
  if (fault !== undefined) return fault
  return { workload, pair, running, request, tokens: tokensOf(shape), marks: reply.marks }
}

/** What the upstream did not get of the request. */
function requestFault(body: string, { conversation }: Workload): string | undefined {
  const missing = conversation.tools.filter((tool) => !body.includes(`"${tool.name}"`))
  if (missing.length > 0) return `${missing.length} of ${conversation.tools.length} tools did not arrive`
  const calls = conversation.turns.filter((turn) => turn.kind === 'result' && !body.includes(turn.callId))
  if (calls.length > 0) return `${calls.length} tool results did not arrive`
  return body.includes(LAST_WORDS) ? undefined : 'the question did not arrive'
}

/** What is wrong with an answer, read in full. */
function replyFault(text: string, { answer }: Workload, { client }: Pair): string | undefined {
  try {
    return faultOf(readReply(client, answer.stream, text), saidBy(answerOf(answer.shape)))
  } catch (thrown) {
    return `unreadable answer: ${(thrown as Error).message}`
  }
}

/** Takes the chunk sizes of HTTP out of a body. */
function unchunked(body: Buffer): Buffer {
  return /^[\da-f]+\r\n/i.test(body.toString('latin1', 0, 20)) ? Buffer.concat([...chunksOf(body)]) : body
}

function* chunksOf(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length;) {
    const end = body.indexOf('\r\n', at)
    const size = Number.parseInt(body.toString('latin1', at, end), 16)
    if (!(size > 0)) return
    yield body.subarray(end + 2, end + 2 + size)
    at = end + 2 + size + 2
  }
}

const wordsOf = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 160)

/** After a round, what a gateway does when its last answer is out is still its cost. Milliseconds. */
const AFTERWARDS_MS = 20

/** Runs one round of a cell. `load` may be less than the workload's, to warm up. */
export async function measure(mock: Mock, cell: Cell, load: Load = cell.workload.load): Promise<Sample> {
  const { running, request, marks, workload } = cell
  mock.answer(workload.answer)
  const before = running.pid === undefined ? 0 : cpuOf(running.pid)
  const outcome = await drive({
    port: running.port,
    request,
    load,
    marks,
    stamped: workload.answer.pacing.kind === 'paced',
  })
  await sleep(AFTERWARDS_MS)
  const used = running.pid === undefined ? 0 : cpuOf(running.pid) - before
  return { cpuPerRequest: used / Math.max(1, outcome.replies), outcome }
}
