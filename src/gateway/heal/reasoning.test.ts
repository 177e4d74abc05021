import { describe, expect, it } from 'vitest'
import { Losses } from '../../ir/dropped.ts'
import type { JsonObject } from '../../ir/json.ts'
import { withoutReasoning } from './reasoning.ts'

const strip = (wire: JsonObject, isUnreadable = (_: string) => true) => {
  const losses = new Losses()
  const body = withoutReasoning(wire, isUnreadable, losses)
  return { body, paths: losses.list.map(({ path, reason }) => `${path} ${reason}`) }
}

describe('reasoning that an upstream cannot read', () => {
  it('is left out of Messages, and a turn of nothing else with it', () => {
    const thinking = { type: 'thinking', thinking: '', signature: 'a' }
    const redacted = { type: 'redacted_thinking', data: 'b' }
    const call = { type: 'tool_use', id: 't', name: 'R', input: {} }
    const user = { role: 'user', content: 'go' }
    const messages = [user, { role: 'assistant', content: [thinking, redacted, call] }]
    expect(strip({ messages: [...messages, user, { role: 'assistant', content: [redacted] }] })).toEqual({
      body: { messages: [user, { role: 'assistant', content: [call] }, user] },
      paths: [1, 1, 3].map((index, at) => `messages[${index}].content[${at % 2}] foreign-seal`),
    })
    expect(strip({ messages }, (seal) => seal === 'b').body).toEqual({
      messages: [user, { role: 'assistant', content: [thinking, call] }],
    })
  })

  it('is left out of Responses and Chat', () => {
    const message = { type: 'message', role: 'user', content: [] }
    expect(strip({ input: [{ type: 'reasoning', encrypted_content: 'a' }, message] }).body).toEqual({
      input: [message],
    })
    const details = [{ type: 'reasoning.encrypted', data: 'a' }]
    const answer = { role: 'assistant', content: null, reasoning_content: 'kept', tool_calls: [{ id: 'c' }] }
    expect(strip({ messages: [{ ...answer, reasoning_details: details }] }).body).toEqual({
      messages: [answer],
    })
  })

  it('leaves a request without it as it is', () => {
    const wire = { messages: [{ role: 'assistant', content: [] }, 7], input: 'text' }
    expect(strip(wire).body).toBe(wire)
  })
})
