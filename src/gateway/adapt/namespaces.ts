import type { ToolCallPart } from '../../ir/part.ts'
import type { ModelRequest } from '../../ir/request.ts'
import { mapEvents, type Adapt } from './adaptation.ts'
import { mapTools } from './map-tools.ts'

/** Stands between a namespace and a tool's own name where the target knows no namespaces. */
const JOINT = '__'

/** One tool of a namespace, and the name that it travels under. */
type Flattened = { readonly name: string; readonly namespace: string }

/**
 * Flattens tool namespaces into the names and restores both in calls: Codex refuses a call whose namespace is missing.
 * Calls of the history keep their namespace's name even when the tool is no longer declared.
 */
export const flattenNamespaces: Adapt = (given, losses) => {
  const request = withPlainCalls(given)
  const flat = new Map<string, Flattened>()
  for (const tool of namespaced(request)) flat.set(flatName(tool), tool)
  if (flat.size === 0) return { request }
  losses.approximated('tools', 'namespaces travel as part of the tools’ names')
  return {
    request: mapTools(request, {
      tool: (tool) => (tool.kind === 'function' || tool.kind === 'custom' ? flatten(tool) : tool),
      call: flatten,
      reference: flatten,
      choice: (choice) => (choice.mode === 'tool' ? flatten(choice) : choice),
    }),
    restore: mapEvents((event) => {
      const tool = event.type === 'tool-call-start' ? flat.get(event.name) : undefined
      return tool === undefined
        ? event
        : { ...(event as typeof event & { type: 'tool-call-start' }), ...tool }
    }),
  }
}

/** OpenAI gives a tool that it loaded by itself its own name as namespace in calls: it is a plain tool all the same. */
function withPlainCalls(request: ModelRequest): ModelRequest {
  const plain = new Set<string>()
  for (const tool of request.tools) if (!('namespace' in tool)) plain.add(tool.name)
  const stray = ({ name, namespace }: ToolCallPart): boolean => name === namespace && plain.has(name)
  if (!request.turns.some(({ parts }) => parts.some((part) => part.kind === 'tool-call' && stray(part))))
    return request
  return mapTools(request, {
    call: (call) => {
      const { namespace: _, ...bare } = call
      return stray(call) ? bare : call
    },
  })
}

function* namespaced(request: ModelRequest): Generator<Flattened> {
  for (const tool of request.tools) {
    if ((tool.kind === 'function' || tool.kind === 'custom') && tool.namespace !== undefined) {
      yield { name: tool.name, namespace: tool.namespace }
    }
  }
  for (const turn of request.turns) {
    for (const part of turn.parts) {
      if (part.kind === 'tool-call' && part.namespace !== undefined) {
        yield { name: part.name, namespace: part.namespace }
      }
    }
  }
}

const flatName = ({ name, namespace }: Flattened): string => `${namespace}${JOINT}${name}`

function flatten<T extends { readonly name: string; readonly namespace?: string }>(item: T): T {
  const { namespace, ...rest } = item
  return namespace === undefined
    ? item
    : ({ ...rest, name: flatName({ name: item.name, namespace }) } as unknown as T)
}
