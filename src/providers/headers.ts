type Headers = Readonly<Record<string, string>>

/**
 * The headers of a request, names lower-cased. The config's `headers` win over everything but the content type,
 * which says what the body really is.
 */
export function requestHeaders(defaults: Headers, custom: Headers): Headers {
  const headers: Record<string, string> = { ...defaults }
  for (const [name, value] of Object.entries(custom)) headers[name.toLowerCase()] = value
  headers['content-type'] = 'application/json'
  return headers
}

/** The version that every Claude on every host knows; clients of newer SDKs bring their own. */
const ANTHROPIC_VERSION = '2023-06-01'

/**
 * `anthropic-version` and `anthropic-beta` for a Messages upstream. A client that speaks Messages sends a version
 * and is taken by its word, betas included: they belong to the fields of its body. Betas without a version come
 * from a client of another protocol and mean nothing here.
 */
export function anthropicHeaders(client: Headers, pinned: string | undefined): Headers {
  const version = client['anthropic-version']
  const beta = client['anthropic-beta']
  return {
    'anthropic-version': pinned ?? version ?? ANTHROPIC_VERSION,
    ...(version !== undefined && beta !== undefined && { 'anthropic-beta': beta }),
  }
}
