import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../ir/json.ts'
import { messagesDialect } from './dialect.ts'
import type { MessagesDialect } from './dialect.ts'
import { patchRequest } from './patch-request.ts'

const older: Partial<MessagesDialect> = {
  thinking: ['enabled', 'disabled'],
  efforts: [],
  deferredTools: false,
  maxOutputTokens: 64_000,
}

const patch = (fields: JsonObject, dialect: Partial<MessagesDialect> = {}) =>
  patchRequest(
    { model: 'm', max_tokens: 50_000, messages: [{ role: 'user', content: 'hi' }], ...fields },
    { ...messagesDialect, ...dialect },
  )

describe('a request of this protocol for an upstream of this protocol', () => {
  it('that the upstream takes is left alone, novelties included', () => {
    expect(
      patch({ thinking: { type: 'adaptive' }, output_config: { effort: 'high' }, tomorrow: [1] }),
    ).toBeUndefined()
    expect(patch({ temperature: 0.2, tools: [{ type: 'novel_1' }] }, { sampling: 'all' })).toBeUndefined()
  })

  it('keeps its instructions in place where the model takes no system turns', () => {
    const messages = [
      { role: 'user', content: 'go' },
      { role: 'system', content: 'hurry', output_config: { effort: 'low' } },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'R', input: {} }] },
      { role: 'system', content: [{ type: 'text', text: 'careful', cache_control: { type: 'ephemeral' } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't' }] },
    ]
    expect(patch({ messages })?.body['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'go' },
          { type: 'text', text: '<system-reminder>\nhurry\n</system-reminder>' },
        ],
      },
      messages[2],
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 't' },
          {
            type: 'text',
            text: '<system-reminder>\ncareful\n</system-reminder>',
            cache_control: { type: 'ephemeral' },
          },
        ],
      },
    ])
    expect(patch({ messages }, { midConversationSystem: true })).toBeUndefined()
  })

  it('gets the thinking, limits and tools that an older model takes', () => {
    const patched = patch(
      {
        max_tokens: 128_000,
        thinking: { type: 'adaptive', display: 'omitted' },
        output_config: { effort: 'medium', format: { type: 'json_schema' } },
        tools: [{ name: 'a', input_schema: {}, defer_loading: true }],
      },
      older,
    )
    expect(patched?.body).toMatchObject({
      max_tokens: 64_000,
      thinking: { type: 'enabled', budget_tokens: 8192 },
      output_config: { format: { type: 'json_schema' } },
      tools: [{ name: 'a', input_schema: {} }],
    })
    expect(patched?.body['output_config']).not.toHaveProperty('effort')
    expect(patched?.dropped.length).toBeGreaterThan(2)
  })

  it('loses what a newer model refuses', () => {
    const patched = patch(
      { temperature: 0.2, top_p: 0.9, tool_choice: { type: 'tool', name: 'a' }, speed: 'fast' },
      { sampling: 'none', forcedToolChoice: false, refusedFields: ['speed'] },
    )
    expect(patched?.body).toEqual({
      model: 'm',
      max_tokens: 50_000,
      messages: [{ role: 'user', content: 'hi' }],
      tool_choice: { type: 'auto' },
    })
    expect(patched?.dropped.map(({ path }) => path)).toEqual(['speed', 'tool_choice', 'temperature', 'top_p'])
  })

  it('asks for more where the model continues no assistant turn, unless that turn paused', () => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: '{' },
    ]
    expect(patch({ messages })?.body['messages']).toEqual([
      ...messages,
      { role: 'user', content: 'Continue.' },
    ])
    expect(patch({ messages }, { prefill: true })).toBeUndefined()
    const paused = {
      role: 'assistant',
      content: [{ type: 'server_tool_use', id: 's', name: 'web_search', input: {} }],
    }
    expect(patch({ messages: [messages[0], paused] })).toBeUndefined()
  })

  it('has an instruction between a call and its results, or between two results, behind all results', () => {
    const calls = {
      role: 'assistant',
      content: ['a', 'b'].map((id) => ({ type: 'tool_use', id, name: 'R', input: {} })),
    }
    const [first, second] = ['a', 'b'].map((id) => ({ type: 'tool_result', tool_use_id: id }))
    const note = { type: 'text', text: 'seen' }
    const hurry = { type: 'text', text: '<system-reminder>\nhurry\n</system-reminder>' }
    const begin = { role: 'user', content: 'go' }
    const system = { role: 'system', content: 'hurry' }
    const between = [begin, calls, system, { role: 'user', content: [first, second, note] }]
    expect(patch({ messages: between })?.body['messages']).toEqual([
      begin,
      calls,
      { role: 'user', content: [first, second, hurry, note] },
    ])
    const split = [
      begin,
      calls,
      { role: 'user', content: [first] },
      system,
      { role: 'user', content: [second] },
    ]
    expect(patch({ messages: split })?.body['messages']).toEqual([
      begin,
      calls,
      { role: 'user', content: [first] },
      { role: 'user', content: [second, hurry] },
    ])
  })

  it('keeps an instruction that changes the tools from being lost unseen', () => {
    const messages = [
      { role: 'user', content: 'go' },
      { role: 'system', content: [{ type: 'tool_removal', tool: {} }], output_config: { effort: 'low' } },
    ]
    const patched = patch({ messages })
    expect(patched?.body['messages']).toEqual([{ role: 'user', content: [{ type: 'text', text: 'go' }] }])
    expect(patched?.dropped).toEqual([
      expect.objectContaining({ path: 'messages[1]', reason: 'approximated' }),
      expect.objectContaining({ path: 'messages[1].output_config', reason: 'unsupported' }),
      expect.objectContaining({ path: 'messages[1]', reason: 'unsupported', content: true }),
    ])
  })

  it('loses blank texts, and nothing beside them', () => {
    const blank = { type: 'text', text: ' \n' }
    const thinking = { type: 'thinking', thinking: '', signature: 's' }
    const call = { type: 'tool_use', id: 't', name: 'R', input: {} }
    const result = { type: 'tool_result', tool_use_id: 't', content: [blank] }
    const patched = patch({
      system: [blank, { type: 'text', text: 'S' }],
      messages: [
        { role: 'user', content: 'go' },
        { role: 'assistant', content: [thinking, blank, call] },
        { role: 'user', content: [result, blank] },
        { role: 'user', content: '' },
      ],
    })
    expect(patched?.body).toMatchObject({
      system: [{ type: 'text', text: 'S' }],
      messages: [
        { role: 'user', content: 'go' },
        { role: 'assistant', content: [thinking, call] },
        { role: 'user', content: [{ ...result, content: [] }] },
      ],
    })
    expect(patched?.body['messages']).toHaveLength(3)
    expect(patched?.dropped.map(({ path }) => path)).toEqual([
      'messages[1].content[1]',
      'messages[2].content[0].content[0]',
      'messages[2].content[1]',
      'messages[3]',
      'system[0]',
    ])
  })

  it('does not think in a tool loop that began without thinking, where thinking goes by budget', () => {
    const thinking = { type: 'enabled', budget_tokens: 2048 }
    const call = { type: 'tool_use', id: 't', name: 'R', input: {} }
    const loop = (...before: readonly JsonObject[]) => [
      { role: 'user', content: 'go' },
      { role: 'assistant', content: [...before, call] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't' }] },
    ]
    expect(patch({ thinking, messages: loop() }, older)?.body['thinking']).toEqual({ type: 'disabled' })
    const signed = { type: 'thinking', thinking: 'hm', signature: 's' }
    expect(patch({ thinking, messages: loop(signed) }, older)).toBeUndefined()
    // Between two calls a model need not think again.
    const later = [...loop(signed), ...loop().slice(1)]
    expect(patch({ thinking, messages: later }, older)).toBeUndefined()
  })

  it('has a budget below a limit that had to be lowered', () => {
    const patched = patch(
      { max_tokens: 128_000, thinking: { type: 'enabled', budget_tokens: 127_999 } },
      older,
    )
    expect(patched?.body).toMatchObject({ max_tokens: 64_000, thinking: { budget_tokens: 62_976 } })
  })
})
