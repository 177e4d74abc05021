import type { Call, CarriedOperation, ClientProtocol } from '../gateway/call.ts'

/** What answers a request. */
export type Target =
  | { readonly kind: 'call'; readonly protocol: ClientProtocol; readonly operation: Call['operation'] }
  | { readonly kind: 'websocket'; readonly protocol: ClientProtocol }
  | { readonly kind: 'models' | 'model' | 'capabilities' | 'deployments' | 'deployment' }
  | { readonly kind: 'carry'; readonly protocol: 'chat'; readonly operation: CarriedOperation }
  | { readonly kind: 'test' }
  | { readonly kind: 'health' | 'ready' | 'hello' }

/** One line of the table. `:id` stands for one name, which may contain slashes. GET answers HEAD too. */
export type Route = {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly target: Target
  /** Needs no key. */
  readonly open?: true
}

/**
 * Every route. Each is served without its `/v1` and with two of them as well (the SDKs of different vendors
 * disagree on who adds it), with a trailing slash and with any query. The first match wins.
 */
export const ROUTES: readonly Route[] = [
  { method: 'POST', path: '/v1/messages', target: call('messages', 'generate') },
  { method: 'POST', path: '/v1/messages/count_tokens', target: call('messages', 'count-tokens') },
  { method: 'POST', path: '/v1/chat/completions', target: call('chat', 'generate') },
  { method: 'POST', path: '/v1/responses', target: call('responses', 'generate') },
  { method: 'POST', path: '/v1/responses/input_tokens', target: call('responses', 'count-tokens') },
  { method: 'POST', path: '/v1/completions', target: call('completions', 'generate') },
  { method: 'GET', path: '/v1/responses', target: { kind: 'websocket', protocol: 'responses' } },
  ...carried('embeddings', 'POST /v1/embeddings'),
  ...carried('image-generation', 'POST /v1/images/generations'),
  ...carried('image-edit', 'POST /v1/images/edits'),
  ...carried('image-variation', 'POST /v1/images/variations'),
  ...carried('speech', 'POST /v1/audio/speech'),
  ...carried('transcription', 'POST /v1/audio/transcriptions'),
  ...carried('audio-translation', 'POST /v1/audio/translations'),
  ...carried('moderation', 'POST /v1/moderations'),
  ...carried('files', 'GET /v1/files', 'POST /v1/files', 'GET /v1/files/:id', 'DELETE /v1/files/:id'),
  ...carried('batches', 'GET /v1/batches', 'POST /v1/batches', 'GET /v1/batches/:id'),
  ...carried('batches', 'POST /v1/batches/:id/cancel'),
  ...carried(
    'fine-tuning',
    'GET /v1/fine_tuning/:id',
    'POST /v1/fine_tuning/:id',
    'DELETE /v1/fine_tuning/:id',
  ),
  ...carried('fine-tunes', 'GET /v1/fine_tunes', 'POST /v1/fine_tunes'),
  ...carried('fine-tunes', 'GET /v1/fine_tunes/:id', 'POST /v1/fine_tunes/:id/cancel'),
  ...carried('stored-responses', 'GET /v1/responses/:id', 'DELETE /v1/responses/:id'),
  ...carried('stored-responses', 'POST /v1/responses/:id/cancel', 'POST /v1/responses/compact'),
  { method: 'GET', path: '/v1/models', target: { kind: 'models' } },
  { method: 'GET', path: '/v1/models/:id/capabilities', target: { kind: 'capabilities' } },
  { method: 'GET', path: '/v1/models/:id', target: { kind: 'model' } },
  { method: 'GET', path: '/deployments', target: { kind: 'deployments' } },
  { method: 'GET', path: '/deployments/:id', target: { kind: 'deployment' } },
  { method: 'GET', path: '/test-connection', target: { kind: 'test' } },
  { method: 'POST', path: '/test-connection', target: { kind: 'test' } },
  { method: 'GET', path: '/', target: { kind: 'health' }, open: true },
  { method: 'GET', path: '/health', target: { kind: 'health' }, open: true },
  { method: 'GET', path: '/healthz', target: { kind: 'health' }, open: true },
  { method: 'GET', path: '/readyz', target: { kind: 'ready' }, open: true },
  { method: 'GET', path: '/api/hello', target: { kind: 'hello' }, open: true },
]

function call(protocol: ClientProtocol, operation: Call['operation']): Target {
  return { kind: 'call', protocol, operation }
}

/** Routes of an operation that is carried. What `:id` stands for may go on with `/content`, `/input_items` and the like. */
function carried(
  operation: CarriedOperation,
  ...routes: readonly `${Route['method']} /${string}`[]
): Route[] {
  return routes.map((route) => {
    const [method, path] = route.split(' ') as [Route['method'], string]
    return { method, path, target: { kind: 'carry', protocol: 'chat', operation } }
  })
}

/** Stands for every request that no line of the table matches, where any path is carried. */
export const ANY_PATH: Route = {
  method: 'GET',
  path: '/*',
  target: { kind: 'carry', protocol: 'chat', operation: 'any-path' },
}

export type Match =
  | { readonly found: true; readonly route: Route; readonly id: string }
  /** `allow` lists the methods that the path does take; empty when there is no such path. */
  | { readonly found: false; readonly allow: readonly string[] }

type Pattern = { readonly route: Route; readonly before: string; readonly after: string }

const PLAIN = new Map<string, Route[]>()
const PATTERNS: Pattern[] = []
for (const route of ROUTES) {
  const path = barePath(route.path)
  const [before, after] = path.split(':id')
  if (before !== undefined && after !== undefined) PATTERNS.push({ route, before, after })
  else PLAIN.set(path, [...(PLAIN.get(path) ?? []), route])
}

/** Routes without an id, by method and path as they are written; nearly every request asks for one of a few. */
const asWritten = new Map<string, Match>()
/** Slashes can be added without end. */
const MOST_WRITINGS = 200

/** Finds the route for a method and a path (percent-encoded, without its query). */
export function matchRoute(method: string, path: string): Match {
  const written = `${method} ${path}`
  const known = asWritten.get(written)
  if (known !== undefined) return known
  const match = findRoute(method, path)
  if (match.found && match.id === '' && asWritten.size < MOST_WRITINGS) asWritten.set(written, match)
  return match
}

function findRoute(method: string, path: string): Match {
  const wanted = method === 'HEAD' ? 'GET' : method
  const bare = barePath(path)
  const allow = new Set<string>()
  for (const route of PLAIN.get(bare) ?? []) {
    if (route.method === wanted) return { found: true, route, id: '' }
    allow.add(route.method)
  }
  for (const { route, before, after } of PATTERNS) {
    const fits = bare.length > before.length + after.length && bare.startsWith(before) && bare.endsWith(after)
    if (!fits) continue
    const id = decoded(bare.slice(before.length, bare.length - after.length))
    if (route.method === wanted) return { found: true, route, id }
    allow.add(route.method)
  }
  if (allow.has('GET')) allow.add('HEAD')
  return { found: false, allow: [...allow] }
}

/** The path without up to two leading `/v1`, doubled leading slashes and trailing slashes. */
export function barePath(path: string): string {
  let start = afterSlashes(path, 0)
  for (let times = 0; times < 2 && isVersion(path, start); times += 1) start = afterSlashes(path, start + 2)
  let end = path.length
  // A loop, because a regular expression for "slashes at the end" is quadratic in a path made of slashes.
  while (end > start && path[end - 1] === '/') end -= 1
  return `/${path.slice(start, end)}`
}

function isVersion(path: string, at: number): boolean {
  return path.startsWith('v1', at) && (at + 2 === path.length || path[at + 2] === '/')
}

function afterSlashes(path: string, at: number): number {
  let position = at
  while (path[position] === '/') position += 1
  return position
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
