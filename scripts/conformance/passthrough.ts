import type { Call, ClientProtocol, Reply } from '../../src/gateway/call.ts'
import { Exchange } from '../../src/gateway/exchange.ts'
import { passthrough } from '../../src/gateway/passthrough.ts'
import { Pinger } from '../../src/gateway/pinger.ts'
import { Losses, type Dropped } from '../../src/ir/dropped.ts'
import type { UpstreamProtocol } from '../../src/providers/provider.ts'
import type { Upstream } from '../../src/upstream/upstream.ts'
import { hasSoundRequest, hasSoundResponse, type CorpusRecord } from '../../test/support/corpus.ts'
import { streamOf } from './answers.ts'
import { judge, type Cell } from './cell.ts'
import type { Semantics } from './semantics.ts'
import { subjectFor } from './subjects.ts'
import { surroundings, targetFor } from './targets.ts'

/** Protocols that are spoken on both sides. */
const BOTH_SIDES = ['messages', 'chat', 'responses'] as const

/**
 * The recorded exchange through the passthrough lane, to a model of the name that the client asked for: the request's and
 * the answer's own bytes. White space in the request is such as no serialiser writes.
 */
export function passthroughCells(record: CorpusRecord, semantics: Semantics): Promise<Cell>[] {
  const source = subjectFor(record.protocol)
  const protocol = BOTH_SIDES.find((id) => id === source?.id)
  if (protocol === undefined) return []
  const losses = new Losses()
  const head = {
    matrix: 'passthrough' as const,
    from: protocol,
    to: protocol,
    record: record.id,
    features: record.features,
    dropped: losses.list,
  }
  const cells: Promise<Cell>[] = []
  // What nobody sent nobody accepted: mending it may be right.
  if (hasSoundRequest(record) && record.kind === 'recorded') {
    cells.push(
      judge({ ...head, form: 'request' }, async () => {
        const { asked, sent, dropped } = await relayed(record, protocol)
        losses.add(...dropped)
        return { differences: sent?.equals(asked) ? [] : ['the request’s bytes were changed'], forms: [] }
      }),
    )
  }
  // A failure told as the first event of a stream becomes an answer with the status of an error.
  if (hasSoundResponse(record) && semantics.summarizeExchange(record)?.error === null) {
    cells.push(
      judge({ ...head, form: record.stream ? 'streamed' : 'whole' }, async () => {
        const { answered, replied } = await relayed(record, protocol)
        return { differences: replied.equals(answered) ? [] : ['the answer’s bytes were changed'], forms: [] }
      }),
    )
  }
  return cells
}

type Relayed = {
  readonly asked: Buffer
  readonly sent: Buffer | undefined
  readonly answered: Buffer
  readonly replied: Buffer
  readonly dropped: readonly Dropped[]
}

async function relayed(record: CorpusRecord, protocol: ClientProtocol & UpstreamProtocol): Promise<Relayed> {
  // Where the model is named in the URL, or nothing was recorded, the client asks in the least of words.
  const wire = {
    model: 'model',
    ...(record.request_body ?? { messages: [], input: [] }),
    ...(record.stream && { stream: true }),
  }
  const asked = Buffer.from(JSON.stringify(wire, null, '\t'))
  const stream = streamOf(record)
  const answered = Buffer.from(stream ?? JSON.stringify(record.response_body, null, 3))
  let sent: Buffer | undefined
  const upstream: Upstream = {
    send({ body }) {
      sent = Buffer.from(body as Buffer)
      return Promise.resolve({
        status: 200,
        headers: { 'content-type': stream === undefined ? 'application/json' : 'text/event-stream' },
        body: {
          start(consumer) {
            consumer.data(answered)
            consumer.end()
          },
          pause() {},
          resume() {},
          abort() {},
        },
        bytes: () => Promise.resolve(answered),
      })
    },
    close: () => Promise.resolve(),
  }
  const pieces: Buffer[] = []
  const reply: Reply & { started: boolean } = {
    started: false,
    head() {
      this.started = true
    },
    write(chunk) {
      pieces.push(Buffer.from(chunk))
      return true
    },
    onDrain: (callback) => callback(),
    end() {},
  }
  const call: Call = {
    protocol,
    operation: 'generate',
    body: asked,
    headers: {},
    query: '',
    requestId: 'conformance',
    signal: new AbortController().signal,
  }
  const exchange = new Exchange(call, reply, surroundings(upstream))
  const target = targetFor(protocol, protocol, String(wire.model), record)
  let dropped: readonly Dropped[] = []
  try {
    await passthrough(exchange, target, new Pinger(exchange))
  } catch (error) {
    // A request alone was recorded: there is no answer to read.
    if (record.response_body !== null) throw error
  } finally {
    dropped = exchange.dropped
  }
  return { asked, sent, answered, replied: Buffer.concat(pieces), dropped }
}
