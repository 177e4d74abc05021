import type { FunctionTool } from '../../ir/request.ts'
import type { Adapt } from './adaptation.ts'

/**
 * Declares deferred tools plainly for targets that cannot load tools by name. All of them, in their order, on
 * every turn: leaving some out until they are referenced would change the prompt's prefix and lose its cache.
 */
export const declareDeferredTools: Adapt = (request, losses) => {
  if (!request.tools.some((tool) => tool.kind === 'function' && tool.deferred)) return { request }
  losses.approximated('tools', 'tools to be loaded later are declared at once')
  const tools = request.tools.map((tool) => {
    if (tool.kind !== 'function' || !tool.deferred) return tool
    const { deferred: _, ...plain } = tool
    return plain satisfies FunctionTool
  })
  return { request: { ...request, tools } }
}
