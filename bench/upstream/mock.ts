/**
 * The upstream of every benchmark, as a process of its own: answers at once with bytes that were serialised before,
 * in whichever protocol the path names. The parent says over IPC what to answer, and may ask what was received.
 */
import { createServer } from 'node:net'
import type { Scenario } from '../traffic/answer.ts'
import type { WireProtocol } from '../traffic/protocols.ts'
import { Connection, type Site } from './connection.ts'
import { PacedStreams } from './paced-streams.ts'

export type MockCommand =
  | { readonly type: 'answer'; readonly scenario: Scenario }
  /** Report the body of the next request. */
  | { readonly type: 'capture' }
  /** Report how many requests came since this was last asked. */
  | { readonly type: 'count' }

export type MockReport =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'answering' }
  | { readonly type: 'captured'; readonly protocol: WireProtocol; readonly body: string }
  | { readonly type: 'count'; readonly requests: number }

const report = (message: MockReport): void => void process.send?.(message)

let count = 0
let capturing = false
const paced = new PacedStreams()
const site: Site = {
  scenario: { shape: 'small', stream: false, pacing: { kind: 'burst' } },
  paced,
  capturing: () => capturing,
  received(protocol, body) {
    count += 1
    if (body === undefined || protocol === undefined) return
    capturing = false
    report({ type: 'captured', protocol, body })
  },
}

process.on('message', (command: MockCommand) => {
  if (command.type === 'answer') {
    site.scenario = command.scenario
    if (command.scenario.pacing.kind === 'paced') paced.every(command.scenario.pacing.everyMs)
    report({ type: 'answering' })
  } else if (command.type === 'capture') {
    capturing = true
    report({ type: 'answering' })
  } else {
    report({ type: 'count', requests: count })
    count = 0
  }
})
process.on('disconnect', () => process.exit(0))

const server = createServer({ noDelay: true }, (socket) => new Connection(socket, site))
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') report({ type: 'listening', port: address.port })
})
