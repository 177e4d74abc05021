import type { Wire } from './conversation.ts'
import { typedStream } from './world.ts'

/** One search and a sentence that cites it, as OpenAI streams them. */
export function searchOverResponses(page: { url: string; title: string }): string {
  const text = 'It is sunny.'
  const call = {
    id: 'ws_1',
    type: 'web_search_call',
    status: 'completed',
    action: { type: 'search', query: 'weather Zürich', sources: [{ type: 'url', url: page.url }] },
  }
  const citation = { type: 'url_citation', start_index: 0, end_index: 11, ...page }
  const part = { type: 'output_text', text, annotations: [citation], logprobs: [] }
  const message = { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [part] }
  const response = (status: string, output: readonly Wire[]) => ({
    id: 'resp_1',
    object: 'response',
    created_at: 1_700_000_000,
    model: 'gpt-5.4',
    status,
    output,
    usage: { input_tokens: 5, output_tokens: 2, total_tokens: 7 },
  })
  const events: Wire[] = [
    { type: 'response.created', response: response('in_progress', []) },
    { type: 'response.output_item.added', output_index: 0, item: { ...call, status: 'in_progress' } },
    { type: 'response.web_search_call.completed', output_index: 0, item_id: 'ws_1' },
    { type: 'response.output_item.done', output_index: 0, item: call },
    { type: 'response.output_item.added', output_index: 1, item: { ...message, content: [] } },
    {
      type: 'response.content_part.added',
      output_index: 1,
      content_index: 0,
      item_id: 'msg_1',
      part: { ...part, text: '', annotations: [] },
    },
    { type: 'response.output_text.delta', output_index: 1, content_index: 0, item_id: 'msg_1', delta: text },
    {
      type: 'response.output_text.annotation.added',
      output_index: 1,
      content_index: 0,
      annotation_index: 0,
      item_id: 'msg_1',
      annotation: citation,
    },
    { type: 'response.output_text.done', output_index: 1, content_index: 0, item_id: 'msg_1', text },
    { type: 'response.content_part.done', output_index: 1, content_index: 0, item_id: 'msg_1', part },
    { type: 'response.output_item.done', output_index: 1, item: message },
    { type: 'response.completed', response: response('completed', [call, message]) },
  ]
  return typedStream(...events.map((event, sequence_number) => ({ ...event, sequence_number })))
}

/** The same as Google streams it: the grounding comes with the last words. */
export function searchOverGemini(page: { url: string; title: string }): string {
  const text = 'It is sunny.'
  const frame = (value: Wire) => `data: ${JSON.stringify(value)}\r\n\r\n`
  const base = { modelVersion: 'gemini-3-pro', responseId: 'r1' }
  const usageMetadata = { promptTokenCount: 5, candidatesTokenCount: 2, totalTokenCount: 7 }
  const groundingMetadata = {
    webSearchQueries: ['weather Zürich'],
    groundingChunks: [{ web: { uri: page.url, title: page.title } }],
    groundingSupports: [{ segment: { startIndex: 0, endIndex: 12, text }, groundingChunkIndices: [0] }],
  }
  return (
    frame({ ...base, candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] } }] }) +
    frame({
      ...base,
      candidates: [
        {
          index: 0,
          content: { role: 'model', parts: [{ text: '' }] },
          finishReason: 'STOP',
          groundingMetadata,
        },
      ],
      usageMetadata,
    })
  )
}
