import { asObject, asString } from '../../ir/json.ts'
import type { ModelEvent } from '../../ir/event.ts'
import type { CustomTool, FunctionTool } from '../../ir/request.ts'
import type { Stage } from '../../stream/sink.ts'
import { StringMember } from '../../stream/string-member.ts'
import type { Adapt } from './adaptation.ts'
import { mapTools } from './map-tools.ts'

/**
 * Carries free-form tools to targets that know function tools only: one string, `input`, with the grammar told in the
 * description. Calls come back as the free text they were meant to be, streaming.
 */
export const wrapCustomTools: Adapt = (request, losses) => {
  const custom = request.tools.filter((tool) => tool.kind === 'custom')
  const inHistory = request.turns.some((turn) =>
    turn.parts.some((part) => part.kind === 'tool-call' && part.custom),
  )
  if (custom.length === 0 && !inHistory) return { request }
  for (const tool of custom)
    losses.approximated(`tools.${tool.name}`, 'a free-form tool travels as a function with one string')
  const names = new Set(custom.map((tool) => tool.name))
  return {
    request: mapTools(request, {
      tool: (tool) => (tool.kind === 'custom' ? asFunction(tool) : tool),
      call: ({ custom: wrapped, ...call }) =>
        wrapped ? { ...call, input: JSON.stringify({ input: call.input }) } : call,
      result: ({ custom: _, ...result }) => result,
    }),
    restore: unwrapCalls(names),
  }
}

function asFunction(tool: CustomTool): FunctionTool {
  const { kind: _, format, description, ...rest } = tool
  const grammar =
    asString(asObject(format)['definition']) ?? asString(asObject(asObject(format)['grammar'])['definition'])
  const told =
    grammar === undefined
      ? description
      : `${description ?? ''}\n\nThe input must match this grammar exactly:\n${grammar}`.trimStart()
  return {
    ...rest,
    kind: 'function',
    ...(told !== undefined && { description: told }),
    schema: {
      type: 'object',
      properties: { input: { type: 'string', description: 'The whole input of the tool, as plain text.' } },
      required: ['input'],
      additionalProperties: false,
    },
  }
}

function unwrapCalls(names: ReadonlySet<string>): Stage<ModelEvent, ModelEvent> {
  return (out) => {
    const open = new Map<number, StringMember>()
    const finish = (at: number) => {
      const rest = open.get(at)?.finish() ?? ''
      open.delete(at)
      if (rest !== '') out.write({ type: 'tool-call-delta', at, input: rest })
    }
    return {
      write(event) {
        if (event.type === 'tool-call-start' && names.has(event.name)) {
          open.set(event.at, new StringMember('input'))
          out.write({ ...event, custom: true })
        } else if (event.type === 'tool-call-delta' && open.has(event.at)) {
          const input = open.get(event.at)?.push(event.input) ?? ''
          if (input !== '') out.write({ ...event, input })
        } else {
          if (event.type === 'part-end') finish(event.at)
          if (event.type === 'response-end') for (const at of open.keys()) finish(at)
          out.write(event)
        }
      },
      end: () => out.end(),
    }
  }
}
