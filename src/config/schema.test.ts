import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { CONFIGURATION_PAGE, configurationPage } from '../../scripts/generate-config-docs.ts'
import { asObject, isObject } from '../ir/json.ts'
import { jsonSchema } from './schema.ts'

it('describes every key in a sentence', () => {
  const missing: string[] = []
  const walk = (schema: unknown, path: string) => {
    if (!isObject(schema)) return
    for (const [key, member] of Object.entries(asObject(schema.properties))) {
      const at = `${path}.${key}`
      if (!/[.…`]$/.test(String(asObject(member).description ?? ''))) missing.push(at)
      walk(member, at)
    }
    for (const key of ['items', 'additionalProperties']) walk(schema[key], `${path}.${key}`)
    for (const variants of [schema.anyOf, schema.oneOf]) {
      if (Array.isArray(variants)) variants.forEach((variant, index) => walk(variant, `${path}|${index}`))
    }
  }
  walk(jsonSchema(), '')
  expect(missing).toEqual([])
})

it('is published as JSON Schema that refuses unknown keys and demands nothing', () => {
  const schema = jsonSchema()
  expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema')
  expect(schema.additionalProperties).toBe(false)
  expect(schema).not.toHaveProperty('required')
})

it('docs/configuration.md is up to date: run npm run docs', () => {
  expect(readFileSync(CONFIGURATION_PAGE, 'utf8')).toBe(configurationPage())
})
