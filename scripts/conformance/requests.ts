import { adaptAll } from '../../src/gateway/adapt/adaptation.ts'
import { adaptationsFor } from '../../src/gateway/adapt/adaptations.ts'
import type { ClientProtocol } from '../../src/gateway/call.ts'
import type { Exchange } from '../../src/gateway/exchange.ts'
import { inlineMedia } from '../../src/gateway/inline-media.ts'
import type { Target } from '../../src/gateway/target.ts'
import { Losses, type Encoded } from '../../src/ir/dropped.ts'
import type { JsonObject } from '../../src/ir/json.ts'
import type { Part } from '../../src/ir/part.ts'
import type { ModelRequest } from '../../src/ir/request.ts'
import { splitPrompts } from '../../src/protocols/completions/index.ts'
import type { FetchedMedia } from '../../src/upstream/media-type.ts'
import type { Subject } from '../../test/laws/protocols.ts'
import { hasSoundRequest, type CorpusRecord } from '../../test/support/corpus.ts'
import { judge, type Cell, type Comparison } from './cell.ts'
import { readBack, type Sent } from './reading.ts'
import type { Semantics } from './semantics.ts'
import { corpusName, subjectFor } from './subjects.ts'
import { surroundings, targetFor, UPSTREAM_PROTOCOLS } from './targets.ts'
import { FETCHED, JOINED_TEXTS, TEXT_READINGS } from './text-readings.ts'
import { TOOL_READINGS } from './tool-readings.ts'

/** The recorded request, sent to a real target of every upstream protocol by the gateway's translating lane. */
export function requestCells(record: CorpusRecord, semantics: Semantics): Promise<Cell>[] {
  const source = subjectFor(record.protocol)
  if (source === undefined || !hasSoundRequest(record)) return []
  // Some vendors name the model in the URL.
  const wire = { model: 'model', ...record.request_body! }
  return UPSTREAM_PROTOCOLS.filter((to) => to !== source.id).map((to) => {
    const losses = new Losses()
    const head = {
      matrix: 'requests' as const,
      form: 'request' as const,
      from: source.id,
      to,
      record: record.id,
      features: record.features,
      dropped: losses.list,
    }
    return judge(head, async () => {
      const target = targetFor(to, clientOf(source))
      const branches = source.id === 'completions' ? splitPrompts(wire) : [wire]
      const compared = await Promise.all(
        branches.map(async (branch): Promise<Comparison> => {
          const { body, dropped } = await translated(source, target, branch)
          losses.add(...dropped)
          return compareRequests(semantics, { from: source.id, to, wire: branch, body })
        }),
      )
      return {
        differences: compared.flatMap(({ differences }) => differences),
        forms: compared.flatMap(({ forms }) => forms),
      }
    })
  })
}

/** What was sent against what was asked, at first to the letter. */
function compareRequests(semantics: Semantics, sent: Sent): Comparison {
  const want = semantics.requestSummary(corpusName(sent.from), sent.wire)
  const got = semantics.requestSummary(corpusName(sent.to), sent.body)
  if (semantics.diffRequests(want, got, {}).length === 0) return { differences: [], forms: [] }
  const readings = [...TOOL_READINGS, ...TEXT_READINGS]
  const read = readBack({ want, got }, readings, sent)
  const differences = semantics.diffRequests(read.want, read.got, {})
  if (differences.length === 0) return { differences, forms: read.used }
  const closer = readBack({ want, got }, [...readings, JOINED_TEXTS], sent)
  return { differences: semantics.diffRequests(closer.want, closer.got, {}), forms: closer.used }
}

/** What the gateway sends for a client's request. */
export async function translated(
  source: Subject,
  target: Target,
  wire: JsonObject,
  deps = surroundings(),
): Promise<Encoded<JsonObject>> {
  // No client speaks Gemini; of an exchange, the steps read who the client is and the surroundings only.
  const exchange = { client: source.protocol, deps } as unknown as Exchange
  const request = source.protocol.decodeRequest(wire)
  const inlined = await inlineMedia(request, {
    dialect: target.codec.dialect,
    fetch: ({ url }) => Promise.resolve(documentsIn(request).has(url) ? DOCUMENT : IMAGE),
    signal: new AbortController().signal,
  })
  const scope = {
    issuer: target.provider.name,
    model: target.model,
    sameProtocol: target.codec.id === source.id,
    secret: deps.settings.secret,
  }
  const steps = adaptationsFor({ exchange, target, scope, onCut() {} })
  const adapted = adaptAll(inlined.request, steps)
  const encoded = target.codec.encodeRequest({ ...adapted.request, model: target.model })
  return { body: encoded.body, dropped: [...inlined.dropped, ...adapted.dropped, ...encoded.dropped] }
}

/** What stands at every URL that the gateway fetches for an upstream. */
const IMAGE: FetchedMedia = { mimeType: 'image/png', data: FETCHED['image']! }
const DOCUMENT: FetchedMedia = { mimeType: 'application/pdf', data: FETCHED['document']! }

function documentsIn({ turns }: ModelRequest): ReadonlySet<string> {
  const urls = new Set<string>()
  const look = (parts: readonly Part[]): void => {
    for (const part of parts) {
      if (part.kind === 'tool-result') look(part.content)
      if (part.kind !== 'media') continue
      if (part.source.type === 'parts') look(part.source.parts)
      if (part.source.type === 'url' && part.media === 'document') urls.add(part.source.url)
    }
  }
  for (const turn of turns) look(turn.parts)
  return urls
}

/** Gemini is no client's protocol: its requests are an extra, sent as if one spoke it. */
export const clientOf = ({ id }: Subject): ClientProtocol => (id === 'gemini' ? 'chat' : id)
