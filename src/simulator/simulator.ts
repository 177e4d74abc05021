import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { think } from './brain.ts'
import { azureChat, compatibleChat, openaiChat } from './chat/chat.ts'
import { compose } from './compose.ts'
import { azureResponses, openaiResponses } from './responses/responses.ts'
import { gemini } from './gemini/gemini.ts'
import { anthropicMessages, foundryMessages } from './messages/messages.ts'
import { ReceivedRequest } from './received.ts'
import type { Answer, Failure, Faults } from './script.ts'
import { Refused } from './surface.ts'
import type { Call, Route, Rules, Surface } from './surface.ts'
import { deliver } from './transport.ts'
import type { Delivery } from './transport.ts'

export type SimulatorOptions = Partial<Rules> & {
  /** Default 0: any free port. */
  readonly port?: number
  readonly host?: string
  /** Faults of every answer that has none of its own, e.g. a pace that people can follow. */
  readonly faults?: Faults
  /** Unix milliseconds; default the system's clock. */
  readonly now?: () => number
  /** `lenient` answers anything; default `strict`: what the real server refuses is refused. */
  readonly checks?: 'strict' | 'lenient'
}

/** Says what to answer to a request; undefined leaves it to the next responder, then to the brain. */
export type Responder = (request: ReceivedRequest) => Answer | undefined

/** A scripted upstream on loopback that speaks every provider's protocol, told apart by their paths. */
export interface Simulator {
  /** Without a trailing slash. */
  readonly url: string
  readonly port: number
  /** Everything that reached it, oldest first. */
  readonly requests: readonly ReceivedRequest[]
  /** The last request; throws when there is none. */
  readonly last: ReceivedRequest
  /** Exchanges under way. */
  readonly open: number
  /** Answers to be given, in order, to the next requests that are valid generations. */
  enqueue(...answers: Answer[]): void
  /** Asked for every request that has no queued answer. The newest responder is asked first. */
  respond(responder: Responder): void
  /** Resolves with the next request to arrive, once its body is there. */
  next(): Promise<ReceivedRequest>
  /** Forgets requests, queued answers and responders. */
  reset(): void
  /** Breaks off what is under way and frees the port. */
  close(): Promise<void>
}

const SURFACES: readonly Surface[] = [
  compatibleChat,
  azureChat,
  openaiChat,
  foundryMessages,
  anthropicMessages,
  azureResponses,
  openaiResponses,
  gemini,
]

/** Starts a simulator on a loopback port. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const state = new State(options)
  const server = createServer((request, response) => {
    state.handle(request, response).catch((error: unknown) => {
      // A bug of the simulator must be seen by the test that met it, not look like a fault of the network.
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' })
      response.end(`simulator: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    })
  })
  server.keepAliveTimeout = 60_000
  server.requestTimeout = 0
  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', listening)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${options.host ?? '127.0.0.1'}:${port}`,
    port,
    requests: state.requests,
    get last() {
      const last = state.requests.at(-1)
      if (last === undefined) throw new Error('no request has reached the simulator')
      return last
    },
    get open() {
      return state.open
    },
    enqueue: (...answers) => void state.queue.push(...answers),
    respond: (responder) => void state.responders.unshift(responder),
    next: () => new Promise((resolve) => state.waiting.push(resolve)),
    reset: () => state.reset(),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

class State {
  readonly requests: ReceivedRequest[] = []
  readonly queue: Answer[] = []
  readonly responders: Responder[] = []
  readonly waiting: ((request: ReceivedRequest) => void)[] = []
  open = 0
  readonly options: SimulatorOptions
  readonly rules: Rules
  /** Counts on after a reset, so that ids stay unique. */
  private served = 0

  constructor(options: SimulatorOptions) {
    this.options = options
    this.rules = { account: 'simulator', ...options }
  }

  reset(): void {
    this.requests.length = 0
    this.queue.length = 0
    this.responders.length = 0
  }

  async handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const found = find(incoming)
    let bytes: Buffer
    try {
      bytes = await readBody(incoming)
    } catch {
      return // the client left before its request was complete: nothing to answer
    }
    const request = new ReceivedRequest({
      index: this.requests.length,
      surface: found?.surface.name,
      method: incoming.method ?? 'GET',
      url: incoming.url ?? '/',
      headers: headersOf(incoming),
      bytes,
    })
    this.open += 1
    response.on('close', () => {
      this.open -= 1
      if (!response.writableFinished) request.clientClosedAt ??= Date.now()
      request.settle(response.writableFinished ? 'answered' : 'aborted')
    })
    this.requests.push(request)
    for (const waiting of this.waiting.splice(0)) waiting(request)
    await deliver(this.prepare(request, found), response, request)
  }

  private prepare(request: ReceivedRequest, found: { surface: Surface; route: Route } | undefined): Delivery {
    this.served += 1
    const serial = `Sim${String(this.served).padStart(6, '0')}`
    if (found === undefined) {
      const answer = this.scripted(request, 'responders')
      return answer?.raw === undefined
        ? plain(404, { error: { code: '404', message: 'Resource not found' } })
        : rawDelivery(answer)
    }
    const { surface, route } = found
    const call = this.callFor(surface, route, request, serial)
    try {
      if (this.options.checks !== 'lenient') surface.check(call)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return failed(surface, call, error.failure)
    }
    if (route.operation === 'models') return json(surface, call, modelList(this.rules))
    if (route.operation === 'count' && surface.count !== undefined) {
      return json(surface, call, surface.count(call, surface.ask(call).promptTokens))
    }
    return this.generate(surface, call)
  }

  private callFor(surface: Surface, route: Route, request: ReceivedRequest, serial: string): Call {
    const deployment = surface.deploymentOf(route, request.body)
    const known = this.rules.deployments?.[deployment] ?? deployment
    const created = Math.floor((this.options.now ?? Date.now)() / 1000)
    const base = { request, route, body: request.body, rules: this.rules, deployment, created, serial }
    if (typeof known === 'string') return { ...base, model: known }
    return {
      ...base,
      model: known.model,
      ...(known.contextWindow !== undefined && { contextWindow: known.contextWindow }),
    }
  }

  private scripted(request: ReceivedRequest, from: 'queue' | 'responders'): Answer | undefined {
    const queued = from === 'queue' ? this.queue.shift() : undefined
    if (queued !== undefined) return queued
    for (const responder of this.responders) {
      const answer = responder(request)
      if (answer !== undefined) return answer
    }
    return undefined
  }

  private generate(surface: Surface, call: Call): Delivery {
    const ask = surface.ask(call)
    const answer = this.scripted(call.request, 'queue') ?? think(ask)
    call.request.answer = answer
    const faults = { ...this.options.faults, ...answer.faults }
    if (answer.raw !== undefined) return { ...rawDelivery(answer), faults }
    if (answer.error !== undefined) return { ...failed(surface, call, answer.error), faults }
    const streaming = surface.streams(call)
    const said = answer.model === undefined ? call : { ...call, model: answer.model }
    const headers = { ...surface.headers(said, streaming), ...answer.headers }
    if (faults.emptyBody === true) return { status: 200, headers, events: [], faults }
    if (faults.htmlBody !== undefined) {
      const asHtml = { ...headers, 'content-type': 'text/html' }
      return { status: 200, headers: asHtml, events: [faults.htmlBody], faults }
    }
    const composed = compose(answer, ask)
    if (!streaming) {
      return { status: 200, headers, events: [JSON.stringify(surface.whole(said, composed))], faults }
    }
    const frames = surface.frames(said, composed, {
      toolCalls: faults.interleaveToolCalls === true ? 'interleaved' : 'in-order',
    })
    return { status: 200, headers, events: withStreamFaults(frames, faults, surface, said), faults }
  }
}

function withStreamFaults(
  frames: readonly string[],
  faults: Faults,
  surface: Surface,
  call: Call,
): readonly string[] {
  const error = faults.inStreamError
  if (error !== undefined) {
    const kept = frames.slice(0, error.afterEvents ?? Math.floor(frames.length / 2))
    return [...kept, surface.errorFrame(call, error, kept.length)]
  }
  return faults.noDone === true ? frames.slice(0, -1) : frames
}

function find(incoming: IncomingMessage): { surface: Surface; route: Route } | undefined {
  const url = new URL(incoming.url ?? '/', 'http://simulator.invalid')
  for (const surface of SURFACES) {
    const route = surface.route(incoming.method ?? 'GET', url.pathname, url.searchParams)
    if (route !== undefined) return { surface, route }
  }
  return undefined
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function headersOf(incoming: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    headers[name] = (values ?? []).join(', ')
  }
  return headers
}

function modelList(rules: Rules): Record<string, unknown> {
  const names = Object.keys(rules.deployments ?? {})
  return { object: 'list', data: names.map((id) => ({ id, object: 'model', type: 'model', created: 0 })) }
}

function json(surface: Surface, call: Call, body: Record<string, unknown>): Delivery {
  return { status: 200, headers: surface.headers(call, false), events: [JSON.stringify(body)], faults: {} }
}

function plain(status: number, body: Record<string, unknown>): Delivery {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    events: [JSON.stringify(body)],
    faults: {},
  }
}

function failed(surface: Surface, call: Call, failure: Failure): Delivery {
  const { status, headers, body } = surface.failure(call, failure)
  return { status, headers: { ...headers, ...failure.headers }, events: [body], faults: {} }
}

function rawDelivery({ raw, faults = {} }: Answer): Delivery {
  const body = raw?.body ?? ''
  const isText = typeof body === 'string' || body instanceof Uint8Array
  return {
    status: raw?.status ?? 200,
    headers: { 'content-type': isText ? 'text/plain' : 'application/json', ...raw?.headers },
    events: [isText ? body : JSON.stringify(body)],
    faults,
  }
}
