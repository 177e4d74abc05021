import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import type { Scenario } from '../traffic/answer.ts'
import type { WireProtocol } from '../traffic/protocols.ts'
import { Connection, type Site } from './connection.ts'
import { PacedStreams } from './paced-streams.ts'

/** A request as the upstream received it. */
export type Captured = { readonly protocol: WireProtocol; readonly body: string }

/** The mock upstream, as the benchmark sees it. */
export type Mock = {
  readonly port: number
  /** What to answer from now on. */
  answer(scenario: Scenario): void
  /** The next request. */
  capture(): Promise<Captured>
  stop(): void
}

/**
 * Starts the upstream of every benchmark: it answers at once with bytes that were serialised before, in whichever protocol
 * the path names. In the process of the load generator, so that one event loop keeps both awake: see `load/awake.ts`.
 */
export async function startMock(): Promise<Mock> {
  const paced = new PacedStreams()
  let captured: PromiseWithResolvers<Captured> | undefined
  const site: Site = {
    scenario: { shape: 'small', stream: false, pacing: { kind: 'burst' } },
    paced,
    capturing: () => captured !== undefined,
    received(protocol, body) {
      if (body === undefined || protocol === undefined) return
      captured?.resolve({ protocol, body })
      captured = undefined
    },
  }
  const server = createServer({ noDelay: true }, (socket) => new Connection(socket, site))
  server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 })
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    answer(scenario) {
      site.scenario = scenario
      if (scenario.pacing.kind === 'paced') paced.every(scenario.pacing.everyMs)
    },
    capture() {
      captured = Promise.withResolvers()
      return captured.promise
    },
    stop: () => void server.close(),
  }
}
