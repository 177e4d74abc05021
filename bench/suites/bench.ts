import type { Gateway } from '../gateways/gateway.ts'
import { requestBytes, start, type Running } from '../gateways/start.ts'
import { Client, type Reply } from '../load/client.ts'
import type { Cores } from '../machine/cores.ts'
import type { Scenario } from '../traffic/answer.ts'
import { conversationOf, SIZES } from '../traffic/conversation.ts'
import { PAIRS, type Pair } from '../traffic/protocols.ts'
import { requestBody } from '../traffic/request.ts'
import type { Mock } from '../upstream/mock.ts'

/** What every suite works with. */
export type Bench = {
  readonly mock: Mock
  readonly cores: Cores | undefined
  /** The rig, the limit, and whatever else is to be measured. */
  readonly gateways: readonly Gateway[]
  readonly quick: boolean
  /** Tells the person who waits. */
  readonly say: (line: string) => void
}

/** The pair in which a gateway takes part in a comparison: those that cannot translate pass the client's protocol on. */
export function pairFor(gateway: Gateway, pair: Pair): Pair {
  if (gateway.name !== 'direct' && gateway.name !== 'nginx') return pair
  return { name: `${pair.client}→${pair.client}`, client: pair.client, upstream: pair.client }
}

/** The first pair that a gateway offers, translation before passing through. */
export function firstPair(gateway: Gateway, mock: Mock): Pair | undefined {
  const wishes = [PAIRS.messagesToChat, PAIRS.chatToMessages, PAIRS.messages]
  return wishes
    .map((pair) => pairFor(gateway, pair))
    .find((pair) => gateway.ask(pair, mock.port) !== undefined)
}

const GREETING: Scenario = { shape: 'small', stream: false, pacing: { kind: 'burst' } }

/** Starts a gateway; it is ready when it has answered a real request. */
export async function startGateway(bench: Bench, gateway: Gateway, extraModels?: number): Promise<Running> {
  const { mock, cores } = bench
  const pair = firstPair(gateway, mock)
  const ask = pair && gateway.ask(pair, mock.port)
  if (pair === undefined || ask === undefined) throw new Error(`${gateway.name} offers none of the pairs`)
  const greeting = conversationOf(SIZES.small, { stream: false, reasoning: false })
  const request = requestBytes(ask, pair.client, requestBody(pair.client, greeting, ask.model))
  mock.answer(GREETING)
  return start(gateway, {
    upstreamPort: mock.port,
    cores,
    ...(extraModels !== undefined && { extraModels }),
    answers: async (port) => (await askOnce(port, request)).status === 200,
  })
}

/** One request on a connection of its own. */
export function askOnce(port: number, request: Buffer, wants: { bytes?: true } = {}): Promise<Reply> {
  const client = new Client(port)
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      client.close()
      resolve({
        status: 0,
        marks: 0,
        sentAt: 0,
        firstAt: 0,
        endedAt: 0,
        delays: [],
        bytes: [],
        fault: 'no answer in 30 s',
      })
    }, 30_000)
    client.send(
      request,
      (reply) => {
        clearTimeout(timer)
        client.close()
        resolve(reply)
      },
      wants,
    )
  })
}

/** Starts what can be started; the others become notes. */
export async function startAll(
  bench: Bench,
  gateways: readonly Gateway[],
  notes: string[],
): Promise<Running[]> {
  const running: Running[] = []
  for (const gateway of gateways) {
    try {
      running.push(await startGateway(bench, gateway))
    } catch (thrown) {
      notes.push((thrown as Error).message)
    }
  }
  return running
}
