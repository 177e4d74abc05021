import { createHash } from 'node:crypto'
import type { ModelRequest } from '../../ir/request.ts'
import { mapEvents, type Adapt } from './adaptation.ts'
import { mapTools } from './map-tools.ts'

const ILLEGAL = /[^A-Za-z0-9_-]/g

/**
 * Shortens tool names that the target refuses (MCP names run past 64 characters) and restores them in calls.
 * The short name depends on the long one alone, so that it is the same every turn and in every process.
 */
export function fitToolNames(limit: number): Adapt {
  return (request) => {
    const short = new Map<string, string>()
    for (const name of namesIn(request)) if (!isLegal(name, limit)) short.set(name, shorten(name, limit))
    if (short.size === 0) return { request }
    const long = new Map([...short].map(([name, alias]) => [alias, name]))
    const alias = (name: string) => short.get(name) ?? name
    return {
      request: mapTools(request, {
        tool: (tool) => ({ ...tool, name: alias(tool.name) }),
        call: (call) => ({ ...call, name: alias(call.name) }),
        reference: (reference) => ({ ...reference, name: alias(reference.name) }),
        choice: (choice) => {
          if (choice.mode === 'tool') return { ...choice, name: alias(choice.name) }
          return choice.mode === 'allowed' ? { ...choice, tools: choice.tools.map(alias) } : choice
        },
      }),
      restore: mapEvents((event) =>
        event.type === 'tool-call-start' ? { ...event, name: long.get(event.name) ?? event.name } : event,
      ),
    }
  }
}

/** `name` cut to `limit` with a hash of the whole at its end; distinct names stay distinct. */
export function shorten(name: string, limit: number): string {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${name.replace(ILLEGAL, '_').slice(0, limit - 9)}_${hash}`
}

const isLegal = (name: string, limit: number): boolean =>
  name.length > 0 && name.length <= limit && name.search(ILLEGAL) < 0

function* namesIn(request: ModelRequest): Generator<string> {
  for (const tool of request.tools) if (tool.kind === 'function' || tool.kind === 'custom') yield tool.name
  for (const turn of request.turns)
    for (const part of turn.parts) if (part.kind === 'tool-call') yield part.name
  const choice = request.toolChoice
  if (choice?.mode === 'tool') yield choice.name
  if (choice?.mode === 'allowed') yield* choice.tools
}
