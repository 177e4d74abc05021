import type { Call, ClientProtocol } from '../gateway/call.ts'

/** What answers a request. */
export type Target =
  | { readonly kind: 'call'; readonly protocol: ClientProtocol; readonly operation: Call['operation'] }
  | { readonly kind: 'planned'; readonly protocol: ClientProtocol }
  | { readonly kind: 'websocket'; readonly protocol: ClientProtocol }
  | { readonly kind: 'models' | 'model' | 'capabilities' | 'deployments' | 'deployment' }
  | { readonly kind: 'health' | 'ready' | 'hello' }

/** One line of the table. `:id` stands for one name, which may contain slashes. GET answers HEAD too. */
export type Route = {
  readonly method: 'GET' | 'POST'
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
  { method: 'POST', path: '/v1/responses', target: { kind: 'planned', protocol: 'responses' } },
  { method: 'POST', path: '/v1/completions', target: { kind: 'planned', protocol: 'completions' } },
  { method: 'GET', path: '/v1/responses', target: { kind: 'websocket', protocol: 'responses' } },
  { method: 'GET', path: '/v1/models', target: { kind: 'models' } },
  { method: 'GET', path: '/v1/models/:id/capabilities', target: { kind: 'capabilities' } },
  { method: 'GET', path: '/v1/models/:id', target: { kind: 'model' } },
  { method: 'GET', path: '/deployments', target: { kind: 'deployments' } },
  { method: 'GET', path: '/deployments/:id', target: { kind: 'deployment' } },
  { method: 'GET', path: '/', target: { kind: 'health' }, open: true },
  { method: 'GET', path: '/health', target: { kind: 'health' }, open: true },
  { method: 'GET', path: '/healthz', target: { kind: 'health' }, open: true },
  { method: 'GET', path: '/readyz', target: { kind: 'ready' }, open: true },
  { method: 'GET', path: '/api/hello', target: { kind: 'hello' }, open: true },
]

function call(protocol: ClientProtocol, operation: Call['operation']): Target {
  return { kind: 'call', protocol, operation }
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

/** Finds the route for a method and a path (percent-encoded, without its query). */
export function matchRoute(method: string, path: string): Match {
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
