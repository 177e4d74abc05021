import { describe, expect, it } from 'vitest'
import { Losses } from '../ir/dropped.ts'
import type { JsonObject } from '../ir/json.ts'
import { wrapSeal } from '../ir/seal.ts'
import type { SealScope } from './adapt/seals.ts'
import { sealSummary } from './compaction/summary-seal.ts'
import { withoutForeignSeals } from './wire-seals.ts'

const scope: SealScope = { issuer: 'claude', model: 'opus', sameProtocol: true, secret: 's' }
const own = wrapSeal({ issuer: 'claude', model: 'opus', value: 'secret' }, 's')
const foreign = wrapSeal({ issuer: 'azure', model: 'gpt', value: 'secret' }, 's')
const clean = (wire: JsonObject) => {
  const losses = new Losses()
  return { body: withoutForeignSeals(wire, scope, losses), paths: losses.list.map(({ path }) => path) }
}
const user = { role: 'user', content: 'go' }

describe('envelopes in a request that goes on as it is', () => {
  it('are opened when the target sealed them, and leave with their block when another did', () => {
    const thinking = (signature: string) => ({ type: 'thinking', thinking: 't', signature })
    const text = { type: 'text', text: 'x' }
    expect(
      clean({
        messages: [
          user,
          { role: 'assistant', content: [thinking(own), thinking(foreign), thinking('raw'), text] },
          user,
          { role: 'assistant', content: [{ type: 'redacted_thinking', data: foreign }] },
        ],
      }),
    ).toEqual({
      body: {
        messages: [user, { role: 'assistant', content: [thinking('secret'), thinking('raw'), text] }, user],
      },
      paths: ['messages[1].content[1]', 'messages[3].content[0]'],
    })
  })

  it('leave a tool call without its signature, never the call', () => {
    const call = (thought_signature: string) => ({
      id: 'c',
      extra_content: { google: { thought_signature } },
    })
    const turn = (...calls: object[]) => ({
      messages: [{ role: 'assistant', content: null, tool_calls: calls }],
    })
    expect(clean(turn(call(own), call(foreign))).body).toEqual(
      turn(call('secret'), { id: 'c', extra_content: { google: {} } }),
    )
  })

  it('are only looked for where seals stand', () => {
    const wire = {
      messages: [{ role: 'user', content: [{ type: 'text', text: 'dg1.what?' }] }],
      input: 'dg1.x',
    }
    expect(clean(wire).body).toBe(wire)
  })

  it('of a summary become words that any model reads, and leave when they are not genuine', () => {
    const item = (secret: string) => ({
      type: 'compaction',
      id: 'cmp_1',
      encrypted_content: sealSummary('A boat is built.', secret),
    })
    const vendors = { type: 'compaction', encrypted_content: 'of-the-vendor' }
    const losses = new Losses()
    const body = withoutForeignSeals({ input: [user, item('s'), item('x'), vendors] }, scope, losses)
    expect(body['input']).toMatchObject([
      user,
      { type: 'message', role: 'user', content: [{ type: 'input_text' }] },
      vendors,
    ])
    expect(JSON.stringify(body)).toContain('A boat is built.')
    expect(losses.list).toMatchObject([{ path: 'input[2]', content: true }])
  })
})
