import { expect, it } from 'vitest'
import { Losses } from '../../ir/dropped.ts'
import { withoutForeignSearches } from './patch-searches.ts'

const own = [
  { type: 'server_tool_use', id: 'srvtoolu_01', name: 'web_search', input: { query: 'tides' } },
  { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_01', content: [] },
  {
    type: 'text',
    text: 'Noon.',
    citations: [{ type: 'web_search_result_location', url: 'u', encrypted_index: 'e' }],
  },
]

it('leaves Claude’s own searches as they are', () => {
  const turns = [{ role: 'assistant', content: own }]
  const losses = new Losses()
  expect(withoutForeignSearches(turns, losses)).toBe(turns)
  expect(losses.list).toEqual([])
})

it('tells the searches of other vendors as text, and drops their citations', () => {
  const id = 'srvtoolu_dragoman_ws_1'
  const page = {
    type: 'web_search_result',
    url: 'https://a.test',
    title: 'A',
    encrypted_content: '',
    page_age: null,
  }
  const cited = {
    type: 'web_search_result_location',
    url: 'https://a.test',
    title: 'A',
    cited_text: '',
    encrypted_index: '',
  }
  const content = [
    { type: 'server_tool_use', id, name: 'web_search', input: { query: 'tides' } },
    { type: 'web_search_tool_result', tool_use_id: id, content: [page] },
    { type: 'text', text: 'Noon.', citations: [cited] },
    {
      type: 'web_search_tool_result',
      tool_use_id: id,
      content: { type: 'web_search_tool_result_error', error_code: 'unavailable' },
    },
  ]
  const losses = new Losses()
  const [turn] = withoutForeignSearches([{ role: 'assistant', content }], losses)
  expect(turn?.['content']).toEqual([
    { type: 'text', text: '[web-search {"query":"tides"}]' },
    { type: 'text', text: '[web-search found]\n- A https://a.test' },
    { type: 'text', text: 'Noon.' },
    { type: 'text', text: '[web-search failed: unavailable]' },
  ])
  expect(losses.list.map(({ path }) => path)).toEqual([
    'messages[0].content[0]',
    'messages[0].content[1]',
    'messages[0].content[2].citations',
    'messages[0].content[3]',
  ])
})
