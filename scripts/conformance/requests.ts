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
import type { FetchedMedia } from '../../src/upstream/media-type.ts'
import type { Subject } from '../../test/laws/protocols.ts'
import { hasSoundRequest, type CorpusRecord } from '../../test/support/corpus.ts'
import { judge, type Cell } from './cell.ts'
import { sameRequest } from './same-meaning.ts'
import type { Semantics } from './semantics.ts'
import { subjectFor, subjectOf } from './subjects.ts'
import { surroundings, targetFor, UPSTREAM_PROTOCOLS } from './targets.ts'

/** The recorded request, sent to a real target of every upstream protocol by the gateway's translating lane. */
export function requestCells(record: CorpusRecord, semantics: Semantics): Promise<Cell>[] {
  const source = subjectFor(record.protocol)
  if (source === undefined || !hasSoundRequest(record)) return []
  // Some vendors name the model in the URL.
  const wire = { model: 'model', ...record.request_body! }
  return UPSTREAM_PROTOCOLS.map((to) => {
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
      const { body, dropped } = await translated(source, target, wire)
      losses.add(...dropped)
      const want = semantics.requestSummary(record.protocol, wire)
      const got = semantics.requestSummary(subjectOf(to).corpus[0]!, body)
      return semantics.diffRequests(sameRequest(want, got, target), got, {})
    })
  })
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
const IMAGE: FetchedMedia = { mimeType: 'image/png', data: 'aW1hZ2U=' }
const DOCUMENT: FetchedMedia = { mimeType: 'application/pdf', data: 'ZG9jdW1lbnQ=' }

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
