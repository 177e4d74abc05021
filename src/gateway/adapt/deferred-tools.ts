import type { FunctionTool, Tool } from '../../ir/request.ts'
import type { Adapt } from './adaptation.ts'

/**
 * Declares deferred tools plainly for targets that cannot load tools by name. All of them on every turn: leaving some
 * out until they are referenced would change the prompt's prefix and lose its cache. They stand last, because Claude
 * Code moves them there itself once it has loaded one, and adds what it loads.
 */
export const declareDeferredTools: Adapt = (request, losses) => {
  if (!request.tools.some((tool) => tool.kind === 'function' && tool.deferred)) return { request }
  losses.approximated('tools', 'tools to be loaded later are declared at once')
  const plain: Tool[] = []
  const deferred: FunctionTool[] = []
  for (const tool of request.tools) {
    if (tool.kind === 'function' && tool.deferred) {
      const { deferred: _, ...declared } = tool
      deferred.push(declared)
    } else plain.push(tool)
  }
  return { request: { ...request, tools: [...plain, ...deferred] } }
}
