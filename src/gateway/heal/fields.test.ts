import { describe, expect, it } from 'vitest'
import { Losses } from '../../ir/dropped.ts'
import { withoutBetas, withoutFields } from './fields.ts'
import type { Lesson } from './lessons.ts'

const field = (path: string): Lesson => ({ kind: 'field', path: path.split('.') })
const drop = (body: object, ...paths: string[]) => {
  const losses = new Losses()
  const kept = withoutFields({ ...body }, paths.map(field), losses)
  return { kept, paths: losses.list.map((loss) => loss.path) }
}

describe('fields that an upstream refused', () => {
  it('are left out at any depth, with an object that held nothing else', () => {
    const body = { seed: 1, output_config: { effort: 'low' }, thinking: { type: 'enabled', display: 'x' } }
    expect(drop(body, 'seed', 'output_config.effort', 'thinking.enabled.display', 'absent')).toEqual({
      kept: { thinking: { type: 'enabled' } },
      paths: ['seed', 'output_config.effort', 'thinking.enabled.display'],
    })
  })

  it('are left out of the kind of thing that was named, and of no other', () => {
    const tools = [
      { name: 'a', strict: true },
      { name: 'b', type: 'custom', strict: true },
      { name: 'c', type: 'web_search_1', strict: true },
    ]
    expect(drop({ tools }, 'tools.*.custom.strict').kept).toEqual({
      tools: [{ name: 'a' }, { name: 'b', type: 'custom' }, tools[2]],
    })
  })

  it('cost nothing where they are absent', () => {
    const body = Object.freeze({ messages: [{ content: 'x' }] })
    expect(withoutFields(body, [field('messages.*.content.*.text.cache_control')], new Losses())).toBe(body)
  })
})

describe('betas that an upstream refused', () => {
  it('are left out of the header, which goes when it is empty', () => {
    const losses = new Losses()
    const lessons: Lesson[] = ['a', 'b'].map((value) => ({ kind: 'beta', value }))
    expect(withoutBetas({ 'anthropic-beta': 'a, c,b', x: '1' }, lessons, losses)).toEqual({
      'anthropic-beta': 'c',
      x: '1',
    })
    expect(withoutBetas({ 'anthropic-beta': 'a', x: '1' }, lessons, losses)).toEqual({ x: '1' })
    expect(losses.list.map(({ path }) => path)).toEqual([
      'anthropic-beta[a]',
      'anthropic-beta[b]',
      'anthropic-beta[a]',
    ])
  })
})
