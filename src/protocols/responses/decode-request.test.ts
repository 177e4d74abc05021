import { describe, expect, it } from 'vitest'
import type { GatewayError } from '../../errors.ts'
import type { JsonObject } from '../../ir/json.ts'
import { decodeRequest } from './decode-request.ts'

const decode = (fields: JsonObject) => decodeRequest({ model: 'm', ...fields })
const turns = (...input: unknown[]) => decode({ input, store: false }).turns

function refusal(fields: JsonObject): GatewayError {
  try {
    decode(fields)
  } catch (thrown) {
    return thrown as GatewayError
  }
  throw new Error('it was not refused')
}

describe('input', () => {
  it('reads a string as one user turn, after the instructions', () => {
    expect(decode({ instructions: 'Be brief.', input: 'Hi' }).turns).toEqual([
      { role: 'system', parts: [{ kind: 'text', text: 'Be brief.' }] },
      { role: 'user', parts: [{ kind: 'text', text: 'Hi' }] },
    ])
  })

  it('reads messages with and without a type, in their place', () => {
    const said = turns(
      { role: 'user', content: 'a' },
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'b' }] },
      { role: 'user', content: 'c' },
    )
    expect(said.map(({ role }) => role)).toEqual(['user', 'developer', 'user'])
  })

  it('joins reasoning, message and calls of one answer to one turn, and starts another at a second message', () => {
    const said = turns(
      { type: 'reasoning', summary: [{ text: 'a' }, { text: 'b' }], encrypted_content: 'secret' },
      { role: 'assistant', content: 'Looking.', phase: 'commentary' },
      { type: 'function_call', call_id: 'c1', name: 'read', arguments: '{}' },
      { type: 'custom_tool_call', call_id: 'c2', name: 'patch', input: '*** Begin', namespace: 'fs' },
      { role: 'assistant', content: 'Done.', phase: 'final_answer' },
    )
    expect(said).toEqual([
      {
        role: 'assistant',
        phase: 'commentary',
        parts: [
          {
            kind: 'reasoning',
            text: 'a\n\nb',
            seal: { value: 'secret' },
            ext: { responses: { summary: ['a', 'b'] } },
          },
          { kind: 'text', text: 'Looking.' },
          { kind: 'tool-call', id: 'c1', name: 'read', input: '{}' },
          { kind: 'tool-call', id: 'c2', name: 'patch', input: '*** Begin', custom: true, namespace: 'fs' },
        ],
      },
      { role: 'assistant', phase: 'final_answer', parts: [{ kind: 'text', text: 'Done.' }] },
    ])
  })

  it('joins results that follow each other to one user turn, pictures included', () => {
    const [turn] = turns(
      { type: 'function_call_output', call_id: 'c1', output: 'text' },
      {
        type: 'custom_tool_call_output',
        call_id: 'c2',
        output: [{ type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'high' }],
      },
    )
    expect(turn).toEqual({
      role: 'user',
      parts: [
        { kind: 'tool-result', callId: 'c1', content: [{ kind: 'text', text: 'text' }] },
        {
          kind: 'tool-result',
          callId: 'c2',
          custom: true,
          content: [
            {
              kind: 'media',
              media: 'image',
              source: { type: 'base64', mimeType: 'image/png', data: 'AAAA' },
              detail: 'high',
            },
          ],
        },
      ],
    })
  })

  it('reads files as bytes, by URL and by id', () => {
    const [turn] = turns({
      role: 'user',
      content: [
        { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBE' },
        { type: 'input_file', file_url: 'https://example.com/a.pdf' },
        { type: 'input_file', file_id: 'file-1' },
      ],
    })
    expect(turn?.parts.map((part) => (part.kind === 'media' ? part.source : part))).toEqual([
      { type: 'base64', mimeType: 'application/pdf', data: 'JVBE' },
      { type: 'url', url: 'https://example.com/a.pdf' },
      { type: 'file', id: 'file-1' },
    ])
  })

  it('keeps the ids of items only where the vendor stores them', () => {
    const input = [{ type: 'message', role: 'user', id: 'msg_1', status: 'completed', content: 'a' }]
    expect(decode({ input }).turns[0]?.ext).toEqual({ responses: { id: 'msg_1' } })
    expect(decode({ input, store: false }).turns[0]?.ext).toBeUndefined()
  })

  it('reads thoughts of open models, and reasoning of which only the seal is left', () => {
    const [turn] = turns(
      { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'hm' }] },
      { type: 'reasoning', summary: [], encrypted_content: 'secret' },
      { type: 'reasoning', summary: [], encrypted_content: 'secret~redacted' },
    )
    expect(turn?.parts).toEqual([
      { kind: 'reasoning', text: 'hm' },
      { kind: 'reasoning', text: '', seal: { value: 'secret' } },
      { kind: 'reasoning', text: '', seal: { value: 'secret' }, redacted: true },
    ])
  })

  it('tells what a web search asked from what it found', () => {
    const item = {
      type: 'web_search_call',
      id: 'ws_1',
      status: 'completed',
      action: { type: 'search', query: 'q', sources: [{ type: 'url', url: 'https://example.com/' }] },
    }
    expect(turns(item)[0]?.parts).toMatchObject([
      { kind: 'server-tool', phase: 'call', tool: 'web-search', input: '{"query":"q"}', value: item },
      { kind: 'server-tool', phase: 'result', found: [{ url: 'https://example.com/', title: '' }] },
    ])
  })

  it('keeps items that only this protocol knows, with words for the others', () => {
    const call = { type: 'local_shell_call', call_id: 'c', action: { command: ['ls', '-l'] } }
    const said = turns(
      call,
      { type: 'local_shell_call_output', call_id: 'c', output: 'a.ts' },
      { type: 'novelty' },
    )
    expect(
      said.flatMap(({ role, parts }) => parts.map((part) => [role, 'text' in part && part.text])),
    ).toEqual([
      ['assistant', '[shell command] ls -l'],
      ['user', '[shell output]\na.ts'],
      ['assistant', false],
    ])
  })
})

describe('tools', () => {
  it('flattens namespaces and keeps what was said of them', () => {
    const { tools } = decode({
      input: 'x',
      tools: [
        {
          type: 'namespace',
          name: 'agents',
          description: 'Agents.',
          tools: [{ type: 'function', name: 'spawn' }],
        },
        {
          type: 'custom',
          name: 'patch',
          format: { type: 'grammar', syntax: 'lark', definition: 'start: "a"' },
        },
        { type: 'web_search', filters: { allowed_domains: ['example.com'] }, search_context_size: 'low' },
        { type: 'mcp', server_label: 'wiki', server_url: 'https://example.com/mcp' },
      ],
    })
    expect(tools).toMatchObject([
      {
        kind: 'function',
        name: 'spawn',
        namespace: 'agents',
        ext: { responses: { namespace: { description: 'Agents.' } } },
      },
      { kind: 'custom', name: 'patch', format: { syntax: 'lark' } },
      { kind: 'web-search', allowedDomains: ['example.com'], contextSize: 'low' },
      { kind: 'server', type: 'mcp', name: 'wiki' },
    ])
  })

  it('declares tools that come in the input, and holds their place', () => {
    const { tools, turns: said } = decode({
      input: [
        { role: 'user', content: 'a' },
        { type: 'additional_tools', role: 'developer', tools: [{ type: 'function', name: 'late' }] },
        {
          type: 'tool_search_output',
          execution: 'client',
          call_id: 's',
          tools: [{ type: 'function', name: 'found' }],
        },
      ],
    })
    expect(tools.map(({ name }) => name)).toEqual(['late', 'found'])
    expect(said.map(({ role, parts }) => [role, parts.length])).toEqual([
      ['user', 1],
      ['developer', 0],
      ['user', 1],
    ])
  })

  it('declares a tool once that was deferred and then found', () => {
    const tool = { type: 'function', name: 'late', defer_loading: true }
    const { tools, turns: said } = decode({
      tools: [tool, { type: 'namespace', name: 'crm', tools: [tool] }],
      input: [
        { role: 'user', content: 'a' },
        { type: 'tool_search_call', execution: 'client', call_id: 's', arguments: {} },
        { type: 'tool_search_output', execution: 'client', call_id: 's', tools: [tool] },
        { type: 'additional_tools', role: 'developer', tools: [tool] },
      ],
    })
    expect(tools).toMatchObject([{ name: 'late' }, { name: 'late', namespace: 'crm' }])
    expect(said[2]).toMatchObject({
      role: 'user',
      parts: [{ kind: 'tool-result', content: [{ kind: 'tool-reference', name: 'late' }] }],
    })
  })

  it.each([
    ['auto', { mode: 'auto' }],
    [
      { type: 'function', name: 'f' },
      { mode: 'tool', name: 'f' },
    ],
    [
      { type: 'custom', name: 'c' },
      { mode: 'tool', name: 'c' },
    ],
    [{ type: 'web_search_preview' }, { mode: 'tool', name: 'web_search' }],
    [
      { type: 'mcp', server_label: 'wiki' },
      { mode: 'tool', name: 'wiki' },
    ],
    [
      { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'f' }] },
      { mode: 'allowed', tools: ['f'], required: true },
    ],
  ])('reads the choice %j', (tool_choice, expected) => {
    expect(decode({ input: 'x', tool_choice }).toolChoice).toEqual(expected)
  })
})

describe('settings', () => {
  it('reads what the other protocols have too, and keeps the rest', () => {
    const request = decode({
      input: 'x',
      max_output_tokens: 100,
      reasoning: { effort: 'high', summary: 'detailed', context: 'all_turns' },
      text: { format: { type: 'json_schema', name: 'a', schema: { type: 'object' } }, verbosity: 'low' },
      include: ['reasoning.encrypted_content', 'message.output_text.logprobs'],
      top_logprobs: 3,
      user: 'u',
      previous_response_id: 'resp_1',
      truncation: 'auto',
    })
    expect(request).toMatchObject({
      maxOutputTokens: 100,
      reasoning: { effort: 'high', display: 'detailed', ext: { responses: { context: 'all_turns' } } },
      output: { type: 'schema', name: 'a' },
      verbosity: 'low',
      logprobs: { top: 3 },
      user: 'u',
      state: { previousResponseId: 'resp_1' },
      ext: { responses: { truncation: 'auto', include: ['reasoning.encrypted_content'] } },
    })
  })
})

describe('what cannot be read is refused by name', () => {
  it.each<[string, JsonObject]>([
    ['input', {}],
    ['input', { input: 3 }],
    ['input[0]', { input: ['x'] }],
    ['input[0].type', { input: [{ content: 'x' }] }],
    [
      'input[1].role',
      {
        input: [
          { role: 'user', content: 'a' },
          { role: 'robot', content: 'b' },
        ],
      },
    ],
    ['input[0].content[0].type', { input: [{ role: 'user', content: [{}] }] }],
    ['input[0].content[0].text', { input: [{ role: 'user', content: [{ type: 'input_text' }] }] }],
    ['input[0].call_id', { input: [{ type: 'function_call', name: 'f', arguments: '{}' }] }],
    [
      'tools[0].tools[0].name',
      { input: 'x', tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'function' }] }] },
    ],
    ['tool_choice', { input: 'x', tool_choice: 'sometimes' }],
    ['text.format.type', { input: 'x', text: { format: { type: 'yaml' } } }],
    ['temperature', { input: 'x', temperature: 'hot' }],
  ])('%s', (param, fields) => {
    const error = refusal(fields)
    expect(error.code).toBe('invalid-request')
    expect(error.details.param).toBe(param)
  })
})
