import type { ModelEvent } from '../../ir/event.ts'
import { asArray, asNumber, asObject, asString, isObject, parseJson } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Tool } from '../../ir/request.ts'
import type { Stage } from '../../stream/sink.ts'
import type { Adapt } from './adaptation.ts'

/**
 * Takes empty texts out of tool calls where they can only mean "nothing": GPT fills in optional arguments that it has
 * nothing for, and tools refuse them (`Read {"pages": ""}`). A property is concerned when it is optional and its
 * schema, or an example in its description, gives its values a form that an empty text has not. Everything else
 * stays: `""` is a fine content of a file. Only calls of tools with such a property wait for their end.
 */
export const dropEmptyArguments: Adapt = (request) => {
  const droppable = new Map<string, ReadonlySet<string>>()
  for (const tool of request.tools) {
    if (tool.kind !== 'function') continue
    const names = formedProperties(asObject(tool.schema))
    if (names.size > 0) droppable.set(keyOf(tool), names)
  }
  return droppable.size === 0 ? { request } : { request, restore: withoutEmpty(droppable) }
}

const keyOf = ({ name, namespace }: Pick<Tool & { kind: 'function' }, 'name' | 'namespace'>): string =>
  JSON.stringify([namespace, name])

/** The optional properties for which an empty text is no value. */
function formedProperties({ properties, required }: JsonObject): ReadonlySet<string> {
  const obligatory = new Set(asArray(required))
  const optional = Object.entries(asObject(properties)).filter(([name]) => !obligatory.has(name))
  return new Set(optional.filter(([, schema]) => isObject(schema) && hasForm(schema)).map(([name]) => name))
}

function hasForm(schema: JsonObject): boolean {
  if (asArray(schema['enum']).includes('') || schema['const'] === '') return false
  return (
    Array.isArray(schema['enum']) ||
    schema['const'] !== undefined ||
    typeof schema['format'] === 'string' ||
    forbidsEmpty(schema['pattern']) ||
    (asNumber(schema['minLength']) ?? 0) > 0 ||
    /\be\.g\.,?\s*["'`]/i.test(asString(schema['description']) ?? '')
  )
}

function forbidsEmpty(pattern: unknown): boolean {
  if (typeof pattern !== 'string') return false
  try {
    return !new RegExp(pattern, 'u').test('')
  } catch {
    return false
  }
}

function withoutEmpty(droppable: ReadonlyMap<string, ReadonlySet<string>>): Stage<ModelEvent, ModelEvent> {
  return (out) => {
    const held = new Map<number, { readonly names: ReadonlySet<string>; input: string }>()
    const release = (at: number) => {
      const call = held.get(at)
      held.delete(at)
      if (call === undefined || call.input === '') return
      out.write({ type: 'tool-call-delta', at, input: strip(call.input, call.names) })
    }
    return {
      write(event) {
        const names = event.type === 'tool-call-start' ? droppable.get(keyOf(event)) : undefined
        if (event.type === 'tool-call-start' && names !== undefined) held.set(event.at, { names, input: '' })
        const call = event.type === 'tool-call-delta' ? held.get(event.at) : undefined
        if (event.type === 'tool-call-delta' && call !== undefined) {
          call.input += event.input
          return
        }
        if (event.type === 'part-end') release(event.at)
        if (event.type === 'response-end') for (const at of held.keys()) release(at)
        out.write(event)
      },
      end: () => out.end(),
    }
  }
}

/** The same text when there is nothing to take out of it, or it is no object. */
function strip(input: string, names: ReadonlySet<string>): string {
  const value = parseJson(input)
  if (!isObject(value)) return input
  const kept = Object.entries(value).filter(([name, member]) => member !== '' || !names.has(name))
  return kept.length === Object.keys(value).length ? input : JSON.stringify(Object.fromEntries(kept))
}
