import { describe, expect, it } from 'vitest'
import { counting } from './count-tokens.ts'

const messages = [{ role: 'user', content: 'hello' }]

describe('the body that counts', () => {
  it('leaves out what only an answer needs', () => {
    const body = {
      model: 'm',
      messages,
      system: 's',
      max_tokens: 10,
      stream: true,
      temperature: 1,
      thinking: { type: 'adaptive' },
    }
    expect(counting.request(body, 'm')).toEqual({
      body: { model: 'm', messages, system: 's', thinking: { type: 'adaptive' } },
      dropped: [],
    })
  })

  it('keeps the tools that the client runs and no others', () => {
    const own = [
      { name: 'a', input_schema: { type: 'object' } },
      { type: 'bash_20250124', name: 'bash' },
    ]
    const tools = [
      ...own,
      { type: 'web_search_20250305', name: 'web_search' },
      { type: 'mcp_toolset', mcp_server_name: 's' },
    ]
    const { body, dropped } = counting.request(
      { model: 'm', messages, tools, tool_choice: { type: 'tool', name: 'web_search' }, mcp_servers: [{}] },
      'm',
    )
    expect(body).toEqual({ model: 'm', messages, tools: own })
    expect(dropped.map(({ path }) => path)).toEqual(['mcp_servers', 'tools[2]', 'tools[3]'])
  })

  it('names media by reference instead of sending it, in results too', () => {
    const image = { type: 'image', source: { type: 'url', url: 'https://a.test/i.png' } }
    const file = { type: 'document', source: { type: 'file', file_id: 'f' } }
    const content = [image, { type: 'tool_result', tool_use_id: 't', content: [file] }]
    const { body, dropped } = counting.request({ model: 'm', messages: [{ role: 'user', content }] }, 'm')
    expect(body['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: '[image]' },
          { type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: '[document]' }] },
        ],
      },
    ])
    expect(dropped.map(({ path }) => path)).toEqual([
      'messages[0].content[0]',
      'messages[0].content[1].content[0]',
    ])
  })
})
