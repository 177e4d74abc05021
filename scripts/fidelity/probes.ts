import type { JsonObject } from '../../src/ir/json.ts'
import type { ProtocolId } from '../../src/ir/part.ts'

/** One feature of a request, in the words of the protocol that a client speaks. */
export type Probe = {
  readonly feature: string
  /** Merged over {@link PLAIN}. */
  readonly body: JsonObject
}

/** The least a client says. */
export const PLAIN: Readonly<Partial<Record<ProtocolId, JsonObject>>> = {
  messages: { model: 'model', max_tokens: 1024, messages: [{ role: 'user', content: 'hello' }] },
  chat: { model: 'model', max_completion_tokens: 1024, messages: [{ role: 'user', content: 'hello' }] },
}

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const PDF = 'JVBERi0xLjQKJSVFT0YK'
const SCHEMA = {
  type: 'object',
  properties: { path: { type: 'string' } },
  required: ['path'],
  additionalProperties: false,
}

const user = (...content: readonly unknown[]): JsonObject => ({ messages: [{ role: 'user', content }] })

const messagesTool = { name: 'read_file', input_schema: SCHEMA }
const chatTool = { type: 'function', function: { name: 'read_file', parameters: SCHEMA } }

/** A Messages history with one call and this result. */
const messagesResult = (result: JsonObject): JsonObject => ({
  tools: [messagesTool],
  messages: [
    { role: 'user', content: 'hello' },
    {
      role: 'assistant',
      content: [{ type: 'tool_use', id: 'toolu_1', name: 'read_file', input: { path: 'a' } }],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', ...result }] },
  ],
})

const chatCall = {
  id: 'call_1',
  type: 'function',
  function: { name: 'read_file', arguments: '{"path":"a"}' },
}

const chatHistory = (assistant: JsonObject): JsonObject => ({
  messages: [
    { role: 'user', content: 'hello' },
    { role: 'assistant', ...assistant },
    { role: 'user', content: 'go on' },
  ],
})

export const PROBES: Readonly<Partial<Record<ProtocolId, readonly Probe[]>>> = {
  messages: [
    { feature: 'System prompt', body: { system: [{ type: 'text', text: 'Be brief.' }] } },
    {
      feature: 'System turn within the conversation',
      body: {
        messages: [
          { role: 'user', content: 'hello' },
          { role: 'assistant', content: 'yes?' },
          { role: 'user', content: 'go on' },
          { role: 'system', content: 'Time is short.' },
        ],
      },
    },
    {
      feature: 'Image, base64',
      body: user({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }),
    },
    {
      feature: 'Image, URL',
      body: user({ type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }),
    },
    {
      feature: 'PDF, base64',
      body: user({ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: PDF } }),
    },
    {
      feature: 'PDF, URL',
      body: user({ type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } }),
    },
    {
      feature: 'Text document',
      body: user({ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'notes' } }),
    },
    {
      feature: 'Uploaded file',
      body: user({ type: 'document', source: { type: 'file', file_id: 'file_1' } }),
    },
    { feature: 'Tools', body: { tools: [messagesTool] } },
    { feature: 'Tools, strict', body: { tools: [{ ...messagesTool, strict: true }] } },
    {
      feature: 'Forced tool',
      body: { tools: [messagesTool], tool_choice: { type: 'tool', name: 'read_file' } },
    },
    {
      feature: 'One call at a time',
      body: { tools: [messagesTool], tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
    },
    { feature: 'Tool results', body: messagesResult({ content: 'done' }) },
    { feature: 'Tool results that are errors', body: messagesResult({ content: 'no', is_error: true }) },
    {
      feature: 'Images in tool results',
      body: messagesResult({
        content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }],
      }),
    },
    {
      feature: 'Thinking, adaptive with effort',
      body: { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
    },
    {
      feature: 'Thinking, budget',
      body: { max_tokens: 8000, thinking: { type: 'enabled', budget_tokens: 4096 } },
    },
    {
      feature: 'Signed thinking in the history',
      body: {
        messages: [
          { role: 'user', content: 'hello' },
          {
            role: 'assistant',
            content: [
              { type: 'thinking', thinking: 'hm', signature: 'c2ln' },
              { type: 'text', text: 'yes?' },
            ],
          },
          { role: 'user', content: 'go on' },
        ],
      },
    },
    {
      feature: 'Structured output',
      body: { output_config: { format: { type: 'json_schema', schema: SCHEMA } } },
    },
    { feature: 'Temperature', body: { temperature: 0.5 } },
    { feature: 'top_k', body: { top_k: 40 } },
    { feature: 'Stop sequences', body: { stop_sequences: ['END'] } },
    {
      feature: 'Cache marks',
      body: user({ type: 'text', text: 'hello', cache_control: { type: 'ephemeral' } }),
    },
    { feature: 'User id', body: { metadata: { user_id: 'user-42' } } },
    { feature: 'Web search', body: { tools: [{ type: 'web_search_20250305', name: 'web_search' }] } },
    {
      feature: 'Code execution',
      body: { tools: [{ type: 'code_execution_20250825', name: 'code_execution' }] },
    },
    { feature: 'Fields that are newer than Dragoman', body: { novelty: 1 } },
  ],
  chat: [
    {
      feature: 'System and developer messages',
      body: {
        messages: [
          { role: 'developer', content: 'Be brief.' },
          { role: 'user', content: 'hello' },
        ],
      },
    },
    {
      feature: 'System message within the conversation',
      body: {
        messages: [
          { role: 'user', content: 'hello' },
          { role: 'assistant', content: 'yes?' },
          { role: 'system', content: 'Time is short.' },
          { role: 'user', content: 'go on' },
        ],
      },
    },
    {
      feature: 'Image, base64',
      body: user({ type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } }),
    },
    {
      feature: 'Image, URL',
      body: user({ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }),
    },
    {
      feature: 'Image detail',
      body: user({ type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } }),
    },
    {
      feature: 'PDF, base64',
      body: user({
        type: 'file',
        file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` },
      }),
    },
    { feature: 'Uploaded file', body: user({ type: 'file', file: { file_id: 'file-1' } }) },
    {
      feature: 'Audio',
      body: user({ type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } }),
    },
    { feature: 'Tools', body: { tools: [chatTool] } },
    {
      feature: 'Tools, strict',
      body: { tools: [{ ...chatTool, function: { ...chatTool.function, strict: true } }] },
    },
    { feature: 'Custom (free-form) tools', body: { tools: [{ type: 'custom', custom: { name: 'patch' } }] } },
    {
      feature: 'Forced tool',
      body: { tools: [chatTool], tool_choice: { type: 'function', function: { name: 'read_file' } } },
    },
    { feature: 'One call at a time', body: { tools: [chatTool], parallel_tool_calls: false } },
    {
      feature: 'Tool results',
      body: {
        tools: [chatTool],
        messages: [
          { role: 'user', content: 'hello' },
          { role: 'assistant', content: null, tool_calls: [chatCall] },
          { role: 'tool', tool_call_id: 'call_1', content: 'done' },
        ],
      },
    },
    { feature: 'Reasoning effort', body: { reasoning_effort: 'high' } },
    {
      feature: 'Readable reasoning in the history',
      body: chatHistory({ content: 'yes?', reasoning_content: 'hm' }),
    },
    {
      feature: 'JSON schema',
      body: {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'answer', schema: SCHEMA, strict: true },
        },
      },
    },
    { feature: 'JSON mode', body: { response_format: { type: 'json_object' } } },
    { feature: 'Temperature up to 1', body: { temperature: 0.5 } },
    { feature: 'Temperature above 1', body: { temperature: 1.5 } },
    { feature: 'Penalties, seed, logit bias', body: { frequency_penalty: 1, seed: 1, logit_bias: { 1: 1 } } },
    { feature: 'Log probabilities', body: { logprobs: true, top_logprobs: 2 } },
    { feature: 'Several answers (n)', body: { n: 2 } },
    { feature: 'Stop sequences', body: { stop: ['END'] } },
    { feature: 'User id', body: { safety_identifier: 'user-42' } },
    { feature: 'Cache key', body: { prompt_cache_key: 'thread-7' } },
    { feature: 'Verbosity', body: { verbosity: 'low' } },
    { feature: 'Fields that are newer than Dragoman', body: { novelty: 1 } },
  ],
}
