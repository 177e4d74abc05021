import type { Part, ToolCallPart, ToolReferencePart, ToolResultPart } from '../../ir/part.ts'
import type { ModelRequest, Tool, ToolChoice } from '../../ir/request.ts'

/** What a change of tools does to each place in a request where a tool stands. */
export type ToolChange = {
  readonly tool?: (tool: Tool) => Tool
  readonly call?: (call: ToolCallPart) => ToolCallPart
  readonly result?: (result: ToolResultPart) => ToolResultPart
  readonly reference?: (reference: ToolReferencePart) => ToolReferencePart
  readonly choice?: (choice: ToolChoice) => ToolChoice
}

/** Applies a change to declarations, history and choice alike: a tool renamed in one place only is a lost tool. */
export function mapTools(request: ModelRequest, change: ToolChange): ModelRequest {
  const { toolChoice } = request
  return {
    ...request,
    tools: change.tool === undefined ? request.tools : request.tools.map(change.tool),
    turns: request.turns.map((turn) =>
      turn.parts.some(isToolPart)
        ? { ...turn, parts: turn.parts.map((part) => mapPart(part, change)) }
        : turn,
    ),
    ...(toolChoice !== undefined && { toolChoice: change.choice?.(toolChoice) ?? toolChoice }),
  }
}

function mapPart(part: Part, change: ToolChange): Part {
  if (part.kind === 'tool-call') return change.call?.(part) ?? part
  if (part.kind === 'tool-reference') return change.reference?.(part) ?? part
  if (part.kind !== 'tool-result') return part
  const content = part.content.some(isToolPart)
    ? part.content.map((inner) => mapPart(inner, change))
    : part.content
  const result = content === part.content ? part : { ...part, content }
  return change.result?.(result) ?? result
}

const isToolPart = (part: Part): boolean =>
  part.kind === 'tool-call' || part.kind === 'tool-result' || part.kind === 'tool-reference'
