/** What a request line asks for. */
export type RequestTarget = {
  /** Still percent-encoded, always beginning with a slash (or `*`). */
  readonly path: string
  /** With its `?`, or empty. */
  readonly query: string
  /** From an absolute-form target, where it outranks the Host header (RFC 9112, 3.2.2). */
  readonly authority?: string
}

/** Splits a request line's target: `/path?query`, `http://host/path?query` or `*`. Fragments are cut off. */
export function readTarget(url: string): RequestTarget {
  const absolute = /^https?:\/\/([^/?#]*)/i.exec(url)
  const rest = absolute === null ? url : url.slice(absolute[0].length)
  const [beforeFragment = ''] = rest.split('#', 1)
  const mark = beforeFragment.indexOf('?')
  const path = mark < 0 ? beforeFragment : beforeFragment.slice(0, mark)
  return {
    path: path === '' ? '/' : path,
    query: mark < 0 ? '' : beforeFragment.slice(mark),
    ...(absolute?.[1] !== undefined && { authority: absolute[1] }),
  }
}

/** The query without `key`, which Google's clients send as a credential and no upstream or log may see. */
export function withoutKey(query: string): string {
  if (!query.includes('key=')) return query
  const kept = query
    .slice(1)
    .split('&')
    .filter((pair) => !pair.startsWith('key='))
  return kept.length === 0 ? '' : `?${kept.join('&')}`
}
