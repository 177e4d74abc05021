import { Document } from 'yaml'
import { isObject, type JsonObject } from '../ir/json.ts'
import type { EnvironmentSource } from './from-environment.ts'

/** The config file that the environment amounts to. Secrets stay references, so that the text may be shown. */
export function environmentAsFile(source: EnvironmentSource): string {
  const document = new Document(inOrder(source))
  document.commentBefore =
    ' Written by "dragoman config import" from the environment names of another proxy. The keys are still read from the\n environment, or from .env beside this file; the other variables are not needed any more.'
  return document.toString({ lineWidth: 0 })
}

/** Sections in the order of the documentation, patterns in the order in which they are tried. */
function inOrder({ tree, patterns }: EnvironmentSource): ReadonlyMap<string, unknown> {
  const { server, providers, models, ...rest } = tree
  const rules = new Map(patterns.map((pattern) => [pattern, (models as JsonObject | undefined)?.[pattern]]))
  const sections: readonly (readonly [string, unknown])[] = [
    ['server', withNumbers(server)],
    ['providers', providers],
    ['models', rules.size > 0 ? withNumbers(rules) : undefined],
    ...Object.entries(rest).map(([key, value]) => [key, withNumbers(value)] as const),
  ]
  return new Map(sections.filter(([, value]) => value !== undefined))
}

/** Variables are text; where numbers stand in a config they are written as such. */
function withNumbers(value: unknown): unknown {
  if (typeof value === 'string') return /^\d+$/.test(value) ? Number(value) : value
  if (Array.isArray(value)) return value.map(withNumbers)
  if (value instanceof Map) return new Map([...value].map(([key, member]) => [key, withNumbers(member)]))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withNumbers(member)]))
}

/** The variables that a tree's references name. */
export function referencedVariables(text: string): readonly string[] {
  const found = [...text.matchAll(/(?<!\$)\$\{([A-Za-z_](?:[\w.-]*\w)?)\}/g)].map(([, name]) => name ?? '')
  return [...new Set(found)]
}
