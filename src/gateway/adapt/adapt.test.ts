import { describe, expect, it } from 'vitest'
import { Losses } from '../../ir/dropped.ts'
import type { ModelEvent } from '../../ir/event.ts'
import type { ModelRequest } from '../../ir/request.ts'
import { wrapSeal } from '../../ir/seal.ts'
import { run } from '../../stream/sink.ts'
import { adaptAll, mapEvents } from './adaptation.ts'
import { dropAttribution } from './attribution.ts'
import { wrapCustomTools } from './custom-tools.ts'
import { declareDeferredTools } from './deferred-tools.ts'
import { flattenNamespaces } from './namespaces.ts'
import { enforceStops } from './stop-sequences.ts'
import { openSeals, wrapSeals, type SealScope } from './seals.ts'
import { fitToolNames, shorten } from './tool-names.ts'

const base: ModelRequest = { model: 'm', stream: true, turns: [], tools: [] }
const text = (value: string) => ({ kind: 'text', text: value }) as const

describe('the attribution line', () => {
  const line = text('x-anthropic-billing-header: cc_version=1; cc_entrypoint=cli;')

  it('is taken out of the system prompt and reported', () => {
    const losses = new Losses()
    const { request } = dropAttribution(
      { ...base, turns: [{ role: 'system', parts: [line, text('You are an agent.')] }] },
      losses,
    )
    expect(request.turns).toEqual([{ role: 'system', parts: [text('You are an agent.')] }])
    expect(losses.list).toMatchObject([{ path: 'system[0]', reason: 'unsupported' }])
  })

  it('leaves no empty turn behind, and nothing else is touched', () => {
    const alone = { ...base, turns: [{ role: 'system', parts: [line] } as const] }
    expect(dropAttribution(alone, new Losses()).request.turns).toEqual([])
    const other = { ...base, turns: [{ role: 'user', parts: [line] } as const] }
    expect(dropAttribution(other, new Losses()).request).toBe(other)
  })
})

describe('tool names', () => {
  const long = `mcp__plugin_playwright_browser__${'x'.repeat(50)}.click`

  it('are shortened in declaration, history, reference and choice alike, and restored in calls', () => {
    const request: ModelRequest = {
      ...base,
      tools: [
        { kind: 'function', name: long },
        { kind: 'function', name: 'Bash' },
      ],
      toolChoice: { mode: 'tool', name: long },
      turns: [
        { role: 'assistant', parts: [{ kind: 'tool-call', id: 'a', name: long, input: '{}' }] },
        {
          role: 'user',
          parts: [{ kind: 'tool-result', callId: 'a', content: [{ kind: 'tool-reference', name: long }] }],
        },
      ],
    }
    const adapted = adaptAll(request, [fitToolNames(64)])
    const short = shorten(long, 64)
    expect(short).toMatch(/^[A-Za-z0-9_-]{64}$/)
    expect(JSON.stringify(adapted.request)).not.toContain(long)
    expect(adapted.request.tools.map((tool) => tool.name)).toEqual([short, 'Bash'])
    expect(adapted.request.toolChoice).toEqual({ mode: 'tool', name: short })
    const start = { type: 'tool-call-start', at: 0, id: 'b', name: short } as const
    expect(run(adapted.restore!, [start])).toEqual([{ ...start, name: long }])
  })

  it('stay as they are where they are legal', () => {
    const request = { ...base, tools: [{ kind: 'function', name: 'Bash' } as const] }
    expect(adaptAll(request, [fitToolNames(64)])).toEqual({ request, dropped: [] })
  })

  it('stay distinct when they differ past the limit or in illegal characters only', () => {
    expect(shorten(`${long}1`, 64)).not.toBe(shorten(`${long}2`, 64))
    expect(shorten('a.b', 64)).not.toBe(shorten('a:b', 64))
  })
})

describe('custom tools', () => {
  const request: ModelRequest = {
    ...base,
    tools: [
      {
        kind: 'custom',
        name: 'apply_patch',
        description: 'Edits files.',
        format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
      },
    ],
    turns: [
      {
        role: 'assistant',
        parts: [{ kind: 'tool-call', id: 'a', name: 'apply_patch', input: '*** "Begin"', custom: true }],
      },
      { role: 'user', parts: [{ kind: 'tool-result', callId: 'a', content: [text('ok')], custom: true }] },
    ],
  }

  it('travel as functions with one string, the grammar told in words, in history too', () => {
    const { request: adapted, dropped } = adaptAll(request, [wrapCustomTools])
    expect(adapted.tools[0]).toMatchObject({
      kind: 'function',
      name: 'apply_patch',
      schema: { required: ['input'] },
    })
    expect(adapted.tools[0]).toHaveProperty('description', expect.stringContaining('start: "x"'))
    expect(adapted.turns[0]?.parts[0]).toEqual({
      kind: 'tool-call',
      id: 'a',
      name: 'apply_patch',
      input: '{"input":"*** \\"Begin\\""}',
    })
    expect(adapted.turns[1]?.parts[0]).not.toHaveProperty('custom')
    expect(dropped).toMatchObject([{ path: 'tools.apply_patch', reason: 'approximated' }])
  })

  it('come back as free text, piece by piece', () => {
    const { restore } = adaptAll(request, [wrapCustomTools])
    const delta = (input: string): ModelEvent => ({ type: 'tool-call-delta', at: 1, input })
    const events = run(restore!, [
      { type: 'tool-call-start', at: 1, id: 'b', name: 'apply_patch' },
      delta('{"inp'),
      delta('ut":"*** Be'),
      delta('gin\\nPatch"}'),
      { type: 'part-end', at: 1 },
    ])
    expect(events).toEqual([
      { type: 'tool-call-start', at: 1, id: 'b', name: 'apply_patch', custom: true },
      delta('*** Be'),
      delta('gin\nPatch'),
      { type: 'part-end', at: 1 },
    ])
  })
})

describe('tool namespaces', () => {
  it('become part of the name and come back in calls', () => {
    const request: ModelRequest = {
      ...base,
      tools: [
        { kind: 'function', name: 'close_agent', namespace: 'multi_agent_v1' },
        { kind: 'function', name: 'close_agent' },
      ],
      toolChoice: { mode: 'tool', name: 'close_agent', namespace: 'multi_agent_v1' },
      turns: [
        {
          role: 'assistant',
          parts: [
            { kind: 'tool-call', id: 'a', name: 'close_agent', namespace: 'multi_agent_v1', input: '{}' },
          ],
        },
      ],
    }
    const adapted = adaptAll(request, [flattenNamespaces, fitToolNames(64)])
    expect(adapted.request.tools.map((tool) => tool.name)).toEqual([
      'multi_agent_v1__close_agent',
      'close_agent',
    ])
    expect(adapted.request.toolChoice).toEqual({ mode: 'tool', name: 'multi_agent_v1__close_agent' })
    expect(adapted.request.turns[0]?.parts[0]).toEqual({
      kind: 'tool-call',
      id: 'a',
      name: 'multi_agent_v1__close_agent',
      input: '{}',
    })
    const start = { type: 'tool-call-start', at: 0, id: 'b' } as const
    expect(
      run(adapted.restore!, [
        { ...start, name: 'multi_agent_v1__close_agent' },
        { ...start, name: 'close_agent' },
      ]),
    ).toEqual([
      { ...start, name: 'close_agent', namespace: 'multi_agent_v1' },
      { ...start, name: 'close_agent' },
    ])
  })
})

describe('a tool that was loaded by name', () => {
  it('is called by its plain name, though OpenAI says it is its own namespace', () => {
    const request: ModelRequest = {
      ...base,
      tools: [{ kind: 'function', name: 'late' }],
      turns: [
        {
          role: 'assistant',
          parts: [{ kind: 'tool-call', id: 'a', name: 'late', namespace: 'late', input: '{}' }],
        },
      ],
    }
    const adapted = adaptAll(request, [flattenNamespaces])
    expect(adapted.request.turns[0]?.parts[0]).toEqual({
      kind: 'tool-call',
      id: 'a',
      name: 'late',
      input: '{}',
    })
    expect(adapted.dropped).toEqual([])
  })
})

describe('stop sequences', () => {
  it('of white space alone cut the answer here where the upstream refuses them', () => {
    const request: ModelRequest = { ...base, stop: ['\n', 'END'] }
    const steps = [enforceStops({ maxStops: Infinity, blankStops: false }, () => {})]
    const { request: sent, restore } = adaptAll(request, steps)
    expect(sent.stop).toEqual(['END'])
    const events: readonly ModelEvent[] = [
      { type: 'text-start', at: 0 },
      { type: 'text-delta', at: 0, text: 'one\ntwo' },
      { type: 'part-end', at: 0 },
      { type: 'response-end', finish: { reason: 'stop' } },
    ]
    expect(run(restore!, events)).toMatchObject([
      { type: 'text-start' },
      { type: 'text-delta', text: 'one' },
      { type: 'part-end' },
      { type: 'response-end', finish: { reason: 'stop-sequence', stop: '\n' } },
    ])
  })
})

describe('deferred tools', () => {
  it('are all declared plainly, after the others', () => {
    const losses = new Losses()
    const tools = [
      { kind: 'function', name: 'a', deferred: true } as const,
      { kind: 'function', name: 'b' } as const,
    ]
    const { request } = declareDeferredTools({ ...base, tools }, losses)
    expect(request.tools).toEqual([
      { kind: 'function', name: 'b' },
      { kind: 'function', name: 'a' },
    ])
    expect(losses.list).toHaveLength(1)
  })
})

describe('seals', () => {
  const scope: SealScope = { issuer: 'azure', model: 'gpt', sameProtocol: false, secret: 's' }
  const history = (value: string): ModelRequest => ({
    ...base,
    turns: [
      { role: 'assistant', parts: [{ kind: 'reasoning', text: 'hm', seal: { value } }, text('hello')] },
    ],
  })
  const opened = (value: string, as = scope) => {
    const losses = new Losses()
    const { request } = openSeals(as)(history(value), losses)
    return { part: request.turns[0]?.parts[0], losses: losses.list }
  }

  it('come back to their issuer byte for byte', () => {
    const envelope = wrapSeal({ issuer: 'azure', model: 'gpt', value: 'gAAA+/=\n' }, 's')
    expect(opened(envelope).part).toEqual({ kind: 'reasoning', text: 'hm', seal: { value: 'gAAA+/=\n' } })
  })

  it('of another model, of another provider, forged or torn are left out and reported', () => {
    const envelope = wrapSeal({ issuer: 'azure', model: 'other', value: 'x' }, 's')
    const elsewhere = wrapSeal({ issuer: 'foundry', model: 'gpt', value: 'x' }, 's')
    const forged = wrapSeal({ issuer: 'azure', model: 'gpt', value: 'x' }, 'another secret')
    for (const value of [envelope, elsewhere, forged, forged.slice(0, -4), 'dg1.', 'a bare signature']) {
      expect(opened(value)).toMatchObject({ part: text('hello'), losses: [{ reason: 'foreign-seal' }] })
    }
  })

  it('that are bare stay where the target speaks the client’s protocol', () => {
    expect(opened('EqQB', { ...scope, sameProtocol: true }).part).toMatchObject({ seal: { value: 'EqQB' } })
  })

  it('are put around readable reasoning too, and taken off again', () => {
    const events = run(wrapSeals(scope), [
      { type: 'reasoning-start', at: 0 },
      { type: 'reasoning-delta', at: 0, text: 'hm' },
      { type: 'part-end', at: 0 },
    ])
    const seal = (events[2] as Extract<ModelEvent, { type: 'part-end' }>).seal
    expect(seal?.value).toMatch(/^dg1\./)
    expect(opened(seal?.value ?? '').part).toEqual({ kind: 'reasoning', text: 'hm' })
  })
})

describe('adaptations', () => {
  it('are undone last change first', () => {
    const append = (mark: string) => () => ({
      request: base,
      restore: mapEvents((event) =>
        event.type === 'text-delta' ? { ...event, text: event.text + mark } : event,
      ),
    })
    const { restore } = adaptAll(base, [append('1'), append('2')])
    expect(run(restore!, [{ type: 'text-delta', at: 0, text: '' }])).toEqual([
      { type: 'text-delta', at: 0, text: '21' },
    ])
  })
})
