import type { ServerToolPart } from '../ir/part.ts'

/** What a model can read of a search or another tool run of another vendor. */
export function describeServerTool(part: ServerToolPart): string {
  const said: string[] = []
  if (part.phase === 'call') said.push(`[${part.tool} ${part.input ?? ''}]`.replace(' ]', ']'))
  if (part.error !== undefined) said.push(`[${part.tool} failed: ${part.error}]`)
  if (part.found !== undefined) {
    const list = part.found.map(({ url, title }) => `- ${title} ${url}`.trimEnd())
    said.push([`[${part.tool} found]`, ...list].join('\n'))
  }
  return said.join('\n')
}
