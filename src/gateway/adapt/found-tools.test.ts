import { describe, expect, it } from 'vitest'
import type { Part } from '../../ir/part.ts'
import type { ModelRequest } from '../../ir/request.ts'
import { adaptAll } from './adaptation.ts'
import { tellFoundTools } from './found-tools.ts'
import { flattenNamespaces } from './namespaces.ts'
import { fitToolNames } from './tool-names.ts'

const long = `tide_at_${'x'.repeat(70)}`
const result = (...content: readonly Part[]): Part => ({
  kind: 'tool-result',
  search: true,
  callId: 's',
  content,
})
const asking = (...parts: readonly Part[]): ModelRequest => ({
  model: 'm',
  stream: true,
  tools: [
    { kind: 'function', name: 'wind', namespace: 'almanac' },
    { kind: 'function', name: long, namespace: 'almanac' },
  ],
  turns: [{ role: 'user', parts }],
})
const toldIn = (request: ModelRequest): string => JSON.stringify(request.turns[0]?.parts)

describe('what a client found with its own search', () => {
  const steps = [flattenNamespaces, fitToolNames(64), tellFoundTools]

  it('is told to the model under the very names that it may call', () => {
    const { request, dropped } = adaptAll(
      asking(
        result(
          { kind: 'tool-reference', name: 'wind', namespace: 'almanac' },
          { kind: 'tool-reference', name: long, namespace: 'almanac' },
        ),
      ),
      steps,
    )
    const told = toldIn(request)
    expect(told).toContain('almanac__wind')
    for (const { name } of request.tools) expect(told).toContain(name)
    expect(dropped).toContainEqual(expect.objectContaining({ path: 'messages[0].content[0]' }))
  })

  it('says so when it is nothing', () => {
    expect(toldIn(adaptAll(asking(result()), steps).request)).toContain('No tools were found')
  })

  it('keeps references in the result of any other tool, which an encoder tells in its own way', () => {
    const other: Part = {
      kind: 'tool-result',
      callId: 's',
      content: [{ kind: 'tool-reference', name: 'wind' }],
    }
    const request = asking(other)
    expect(tellFoundTools(request, { list: [] } as never).request).toBe(request)
  })
})
