import { expect, test } from 'vitest'
import { added } from './demo/conversations.ts'
import { runDemo } from './demo.ts'

test('the demo carries both conversations through a real gateway and finds nothing lost', async () => {
  let shown = ''
  const code = await runDemo({ once: true, color: false, write: (text) => void (shown += text) })
  expect(shown).toContain('All as promised')
  expect(code).toBe(0)
  expect(shown).toContain('SIMULATED')
  expect(shown.match(/The upstream receives: POST (\S+)/g)).toEqual([
    'The upstream receives: POST /openai/v1/responses',
    'The upstream receives: POST /openai/v1/responses',
    'The upstream receives: POST /anthropic/v1/messages',
    'The upstream receives: POST /anthropic/v1/messages',
  ])
  expect(shown.match(/^curl -N /gm)).toHaveLength(2)
  // eslint-disable-next-line no-control-regex -- colours are control characters
  expect(shown).not.toMatch(/\u001b/)
})

test('a later body shows what it adds', () => {
  const before = { model: 'm', messages: [1, 2] }
  expect(added({ model: 'm', messages: [1, 2, 3] }, before)).toEqual({ messages: [3] })
  expect(added({ model: 'n', messages: [2] }, before)).toEqual({ model: 'n', messages: [2] })
})
