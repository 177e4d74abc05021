import type { CarryCall } from './carrier.ts'

type Headers = Readonly<Record<string, string>>

/** RFC 9110, 7.6.1: what concerns one connection only. */
const OF_THE_CONNECTION = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]
/** What the gateway's own connection says for itself: the bytes come in the coding that it asked for. */
const OF_THE_MESSAGE = ['host', 'content-length', 'expect', 'accept-encoding']
/** Who the client is; some of it is the gateway's key. */
const OF_THE_CLIENT = [
  'authorization',
  'api-key',
  'x-api-key',
  'x-goog-api-key',
  'cookie',
  'origin',
  'referer',
]
/** Organization and project belong to a key: another key has others. */
const OF_THE_KEY = ['openai-organization', 'openai-project']
/** Where the request came from, browsers' remarks, and what is meant for Dragoman. */
const PREFIXES = /^(?:x-dragoman-|x-forwarded-|x-real-ip$|forwarded$|via$|sec-)/

const HELD_BACK = new Set([...OF_THE_CONNECTION, ...OF_THE_MESSAGE, ...OF_THE_CLIENT])

/** Which key goes along: the client's own, or the one of the config. */
export type KeyOwner = 'client' | 'gateway'

/** The client's headers as they go on: all that is neither about its connection nor about its credentials. */
export function forwardedHeaders(client: Headers, key: KeyOwner): Headers {
  const named = (client['connection'] ?? '').split(',').map((name) => name.trim().toLowerCase())
  const held = new Set([...named, ...(key === 'client' ? [] : OF_THE_KEY)])
  return Object.fromEntries(
    Object.entries(client).filter(
      ([name]) => !HELD_BACK.has(name) && !held.has(name) && !PREFIXES.test(name),
    ),
  )
}

/** The address of a path that nobody knows: the client's own path and query behind the API's host, as they are. */
export function anyPathUrl(base: URL, { path, query }: Pick<CarryCall, 'path' | 'query'>): string {
  // The client's path has the version in it where the API has it.
  const prefix = base.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')
  return new URL(`${base.origin}${prefix}${path}${query}`).href
}

/** An answer's headers as they go back; the gateway answers for cookies, CORS and its own connection. */
export function returnedHeaders(upstream: Headers): Headers {
  const named = (upstream['connection'] ?? '').split(',').map((name) => name.trim().toLowerCase())
  const held = new Set([...OF_THE_CONNECTION, ...named, 'set-cookie', 'alt-svc'])
  return Object.fromEntries(
    Object.entries(upstream).filter(
      ([name]) => !held.has(name) && !name.startsWith('access-control-') && !name.startsWith('x-dragoman-'),
    ),
  )
}
