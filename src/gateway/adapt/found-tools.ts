import type { Part, ToolResultPart } from '../../ir/part.ts'
import type { Adapt } from './adaptation.ts'

/**
 * Tells in words what a client found with its own search for tools, for targets whose protocol has no item for it. It
 * stands behind the steps that name tools, so that the words hold the very names that the model may call; what the tools
 * do is told by their declarations.
 */
export const tellFoundTools: Adapt = (request, losses) => {
  if (!request.turns.some(({ parts }) => parts.some(isFound))) return { request }
  const turns = request.turns.map((turn, index) => {
    if (!turn.parts.some(isFound)) return turn
    const parts = turn.parts.map((part, at): Part => {
      if (!isFound(part)) return part
      losses.approximated(`messages[${index}].content[${at}]`, 'the tools that were found, told as text')
      return { ...part, content: [{ kind: 'text', text: tell(part) }] }
    })
    return { ...turn, parts }
  })
  return { request: { ...request, turns } }
}

const isFound = (part: Part): part is ToolResultPart => part.kind === 'tool-result' && part.search === true

function tell({ content }: ToolResultPart): string {
  const lines = content.flatMap((part) => (part.kind === 'tool-reference' ? [`- ${part.name}`] : []))
  if (lines.length === 0) return 'No tools were found.'
  return ['These tools were found and are declared now. Call them by these names:', ...lines].join('\n')
}
