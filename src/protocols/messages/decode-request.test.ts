import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../errors.ts'
import { decodeRequest } from './decode-request.ts'

const ask = (fields: object) =>
  decodeRequest({ model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }], ...fields })
const partsOf = (...content: object[]) => ask({ messages: [{ role: 'user', content }] }).turns[0]?.parts

describe('a request is read', () => {
  it('with strings as texts, system first', () => {
    expect(ask({ system: 'be brief' })).toEqual({
      model: 'm',
      stream: false,
      maxOutputTokens: 10,
      turns: [
        { role: 'system', parts: [{ kind: 'text', text: 'be brief' }] },
        { role: 'user', parts: [{ kind: 'text', text: 'hi' }] },
      ],
      tools: [],
      ext: { messages: {} },
    })
  })

  it('with system turns and their own fields among the messages', () => {
    const change = { type: 'tool_addition', tool: { type: 'tool_reference', name: 'Web' } }
    const { turns } = ask({
      messages: [
        { role: 'user', content: 'hi' },
        {
          role: 'system',
          content: [{ type: 'text', text: 'now hurry' }, change],
          output_config: { effort: 'low' },
        },
      ],
    })
    expect(turns[1]).toEqual({
      role: 'system',
      parts: [
        { kind: 'text', text: 'now hurry' },
        { kind: 'opaque', origin: 'messages', value: change },
      ],
      ext: { messages: { output_config: { effort: 'low' } } },
    })
  })

  it('with settings in their places and the rest kept', () => {
    const request = ask({
      stream: true,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 5,
      stop_sequences: ['END'],
      metadata: { user_id: 'u1', trace: 't' },
      service_tier: 'standard_only',
      speed: 'fast',
      cache_control: { type: 'ephemeral', ttl: '1h' },
      thinking: { type: 'between_tools', display: 'omitted', block_binding: 1 },
      output_config: {
        effort: 'xhigh',
        task_budget: 3,
        format: { type: 'json_schema', schema: { type: 'object' } },
      },
      context_management: { edits: [] },
    })
    expect(request).toMatchObject({
      stream: true,
      temperature: 0.5,
      topP: 0.9,
      topK: 5,
      stop: ['END'],
      user: 'u1',
      serviceTier: 'default',
      cache: { automatic: { ttl: '1h' } },
      reasoning: {
        mode: 'between-tools',
        display: 'omitted',
        effort: 'xhigh',
        ext: { messages: { block_binding: 1 } },
      },
      output: { type: 'schema', schema: { type: 'object' } },
    })
    expect(request.ext).toEqual({
      messages: {
        speed: 'fast',
        context_management: { edits: [] },
        output_config: { task_budget: 3 },
        metadata: { trace: 't' },
      },
    })
  })

  it('with the older name of the output format', () => {
    expect(ask({ output_format: { type: 'json_schema', schema: { a: 1 } } }).output).toEqual({
      type: 'schema',
      schema: { a: 1 },
    })
  })

  it('with its tools', () => {
    const { tools, toolChoice, parallelToolCalls } = ask({
      tools: [
        {
          name: 'Read',
          description: 'reads',
          input_schema: { type: 'object' },
          strict: true,
          defer_loading: true,
          cache_control: { type: 'ephemeral' },
          allowed_callers: ['direct'],
        },
        { type: 'web_search_20250305', name: 'web_search', max_uses: 8, allowed_domains: ['a.example'] },
        { type: 'memory_20250818', name: 'memory' },
      ],
      tool_choice: { type: 'tool', name: 'Read', disable_parallel_tool_use: true },
    })
    expect(tools).toEqual([
      {
        kind: 'function',
        name: 'Read',
        description: 'reads',
        schema: { type: 'object' },
        strict: true,
        deferred: true,
        cache: {},
        ext: { messages: { allowed_callers: ['direct'] } },
      },
      {
        kind: 'web-search',
        name: 'web_search',
        maxUses: 8,
        allowedDomains: ['a.example'],
        origin: 'messages',
        value: {
          type: 'web_search_20250305',
          name: 'web_search',
          max_uses: 8,
          allowed_domains: ['a.example'],
        },
      },
      {
        kind: 'server',
        type: 'memory_20250818',
        name: 'memory',
        origin: 'messages',
        value: { type: 'memory_20250818', name: 'memory' },
      },
    ])
    expect(toolChoice).toEqual({ mode: 'tool', name: 'Read' })
    expect(parallelToolCalls).toBe(false)
  })
})

describe('a block is read', () => {
  it.each([
    [
      'an image',
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } },
      { kind: 'media', media: 'image', source: { type: 'base64', mimeType: 'image/png', data: 'AA==' } },
    ],
    [
      'a document by URL with all its fields',
      {
        type: 'document',
        source: { type: 'url', url: 'https://x.example/a.pdf' },
        title: 'A',
        context: 'draft',
        citations: { enabled: true },
      },
      {
        kind: 'media',
        media: 'document',
        source: { type: 'url', url: 'https://x.example/a.pdf' },
        name: 'A',
        context: 'draft',
        ext: { messages: { citations: { enabled: true } } },
      },
    ],
    [
      'a document of blocks',
      { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'p1' }] } },
      { kind: 'media', media: 'document', source: { type: 'parts', parts: [{ kind: 'text', text: 'p1' }] } },
    ],
    [
      'thinking',
      { type: 'thinking', thinking: 'hm', signature: 's1' },
      { kind: 'reasoning', text: 'hm', seal: { value: 's1' } },
    ],
    [
      'unsigned thinking',
      { type: 'thinking', thinking: 'hm', signature: '' },
      { kind: 'reasoning', text: 'hm' },
    ],
    [
      'redacted thinking',
      { type: 'redacted_thinking', data: 'd1' },
      { kind: 'reasoning', text: '', redacted: true, seal: { value: 'd1' } },
    ],
    [
      'a tool call',
      { type: 'tool_use', id: 't1', name: 'Read', input: { path: 'a' }, caller: { type: 'direct' } },
      {
        kind: 'tool-call',
        id: 't1',
        name: 'Read',
        input: '{"path":"a"}',
        ext: { messages: { caller: { type: 'direct' } } },
      },
    ],
    [
      'a failed result with a tool reference',
      {
        type: 'tool_result',
        tool_use_id: 't1',
        is_error: true,
        content: [{ type: 'tool_reference', tool_name: 'W' }],
      },
      { kind: 'tool-result', callId: 't1', isError: true, content: [{ kind: 'tool-reference', name: 'W' }] },
    ],
    [
      'a search result, readable',
      { type: 'search_result', title: 'T', source: 'S', content: [{ type: 'text', text: 'found' }] },
      {
        kind: 'opaque',
        origin: 'messages',
        value: { type: 'search_result', title: 'T', source: 'S', content: [{ type: 'text', text: 'found' }] },
        text: 'T\nS\nfound',
      },
    ],
    [
      'a compaction',
      { type: 'compaction', content: 'so far' },
      {
        kind: 'opaque',
        origin: 'messages',
        value: { type: 'compaction', content: 'so far' },
        text: 'so far',
      },
    ],
    [
      'a novelty',
      { type: 'hologram', depth: 3 },
      { kind: 'opaque', origin: 'messages', value: { type: 'hologram', depth: 3 } },
    ],
  ])('%s', (_, block, part) => {
    expect(partsOf(block)).toEqual([part])
  })

  it('of a web search, call and findings', () => {
    const call = { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'q' } }
    const result = {
      type: 'web_search_tool_result',
      tool_use_id: 's1',
      content: [{ type: 'web_search_result', url: 'u', title: 't', encrypted_content: 'e', page_age: null }],
    }
    expect(partsOf(call, result)).toEqual([
      {
        kind: 'server-tool',
        phase: 'call',
        tool: 'web-search',
        id: 's1',
        name: 'web_search',
        input: '{"query":"q"}',
        origin: 'messages',
        value: call,
      },
      {
        kind: 'server-tool',
        phase: 'result',
        tool: 'web-search',
        id: 's1',
        name: 'web_search',
        found: [{ url: 'u', title: 't' }],
        origin: 'messages',
        value: result,
      },
    ])
  })

  it('of tools with other names for one purpose', () => {
    const parts = partsOf(
      { type: 'server_tool_use', id: '1', name: 'bash_code_execution', input: {} },
      { type: 'mcp_tool_use', id: '2', name: 'lookup', server_name: 's', input: {} },
      {
        type: 'tool_search_tool_result',
        tool_use_id: '3',
        content: { type: 'tool_search_tool_result_error', error_code: 'x' },
      },
    )
    expect(parts?.map((part) => (part.kind === 'server-tool' ? [part.tool, part.error] : part))).toEqual([
      ['code-execution', undefined],
      ['mcp', undefined],
      ['tool-search', 'x'],
    ])
  })
})

describe('a request that cannot be read names the field', () => {
  it.each([
    [{ messages: [] }, 'messages'],
    [{ messages: 'hi' }, 'messages'],
    [{ messages: [{ role: 'wizard', content: '' }] }, 'messages[0].role'],
    [{ messages: ['hi'] }, 'messages[0]'],
    [{ messages: [{ role: 'user', content: 3 }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: [7] }] }, 'messages[0].content[0]'],
    [{ model: '' }, 'model'],
    [{ max_tokens: 'many' }, 'max_tokens'],
    [{ tools: [{ description: 'nameless' }] }, 'tools[0].name'],
    [{ tool_choice: { type: 'tool' } }, 'tool_choice.name'],
    [{ stop_sequences: 'END' }, 'stop_sequences'],
    [{ thinking: 'deep' }, 'thinking'],
  ])('%j', (fields, param) => {
    const error = attempt(() => ask(fields))
    expect(error).toMatchObject({ code: 'invalid-request', details: { param } })
  })
})

function attempt(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error instanceof GatewayError ? error : new Error('not a GatewayError', { cause: error })
  }
}
