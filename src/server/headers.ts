import type { IncomingMessage } from 'node:http'

/** A request's headers, each as one text. Node joins repeated ones itself but for `set-cookie`, which no request should have. */
export function plainHeaders({ headers }: IncomingMessage): Record<string, string> {
  const plain: Record<string, string> = {}
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (value !== undefined) plain[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return plain
}
