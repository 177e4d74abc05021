import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../ir/json.ts'
import { chatDialect } from './dialect.ts'
import type { ChatDialect } from './dialect.ts'
import { patchRequest } from './patch-request.ts'

const messages = [{ role: 'user', content: 'Hi' }]
const patch = (wire: JsonObject, dialect: Partial<ChatDialect> = {}) =>
  patchRequest({ model: 'm', messages, ...wire }, { ...chatDialect, ...dialect })

describe('a request on its way through', () => {
  it('is left alone when the upstream takes it', () => {
    expect(patch({ max_completion_tokens: 10, temperature: 1, novelty: true })).toBeUndefined()
  })

  it('has its limit under the name and in the bounds that the upstream knows', () => {
    expect(patch({ max_tokens: 10 })?.body).toEqual({ model: 'm', messages, max_completion_tokens: 10 })
    const clamped = patch({ max_completion_tokens: 10 }, { maxTokensField: 'max_tokens', maxOutputTokens: 5 })
    expect(clamped).toMatchObject({
      body: { max_tokens: 5 },
      dropped: [{ path: 'max_tokens', reason: 'approximated' }],
    })
  })

  it('keeps the old name of its limit where both are understood', () => {
    expect(patch({ max_tokens: 10 }, { bothTokenLimits: true })).toBeUndefined()
    expect(patch({ max_tokens: 10 }, { bothTokenLimits: true, maxOutputTokens: 5 })?.body).toEqual({
      model: 'm',
      messages,
      max_tokens: 5,
    })
  })

  it('may say the default of what a reasoning model refuses otherwise', () => {
    expect(patch({ temperature: 1, top_p: 1 }, { sampling: 'none' })).toBeUndefined()
  })

  it('loses what the upstream is known to refuse, and says so', () => {
    const patched = patch(
      {
        temperature: 0.1,
        stop: ['a', 'b'],
        reasoning_effort: 'xhigh',
        tool_choice: 'required',
        safety_identifier: 'me',
        seed: 1,
        verbosity: null,
        stream_options: { include_usage: true },
        tools: [{ type: 'function', function: { name: 'f', strict: true } }],
      },
      {
        sampling: 'none',
        maxStops: 1,
        efforts: ['low', 'high'],
        forcedToolChoice: false,
        userField: 'user',
        refusedFields: ['seed'],
        verbosity: false,
        streamUsage: false,
        strictTools: false,
      },
    )
    expect(patched?.body).toEqual({
      model: 'm',
      messages,
      stop: ['a'],
      reasoning_effort: 'high',
      tool_choice: 'auto',
      user: 'me',
      tools: [{ type: 'function', function: { name: 'f' } }],
    })
    expect(patched?.dropped.map((loss) => loss.path)).toEqual([
      'temperature',
      'reasoning_effort',
      'tool_choice',
      'tools.strict',
      'stop',
      'seed',
    ])
  })

  it('calls the system what the upstream calls it', () => {
    const wire = { messages: [{ role: 'developer', content: 'S' }, ...messages] }
    expect(patch(wire, { systemRole: 'system' })?.body['messages']).toEqual([
      { role: 'system', content: 'S' },
      ...messages,
    ])
    expect(patch(wire, { systemRole: 'developer' })).toBeUndefined()
  })

  it('loses cache marks wherever clients put them, but no schema’s property of that name', () => {
    const mark = { cache_control: { type: 'ephemeral' } }
    const schema = { type: 'object', properties: { cache_control: { type: 'string' } } }
    const tool = { type: 'function', function: { name: 'f', parameters: schema } }
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
    const marked: JsonObject = {
      ...mark,
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Hi', ...mark }] },
        { role: 'assistant', tool_calls: [{ ...call, ...mark }] },
        { role: 'tool', tool_call_id: 'c', content: 'ok', ...mark },
      ],
      tools: [{ ...tool, ...mark }],
    }
    const patched = patch(marked)
    expect(patched?.body).toEqual({
      model: 'm',
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
        { role: 'assistant', tool_calls: [call] },
        { role: 'tool', tool_call_id: 'c', content: 'ok' },
      ],
      tools: [tool],
    })
    expect(patched?.dropped.map(({ path }) => path)).toEqual([
      'cache_control',
      'messages.cache_control',
      'tools.cache_control',
    ])
    expect(patch(marked, { cacheControl: 'keep' })).toBeUndefined()
  })

  it('does not change the request that it was given', () => {
    const wire = Object.freeze({ model: 'm', messages, max_tokens: 10 })
    expect(patchRequest(wire, chatDialect)?.body).not.toBe(wire)
  })
})
