import type { ModelRequest } from '../ir/request.ts'
import type { ModelResponse } from '../ir/response.ts'

/**
 * True for a request whose one purpose is a web search: agents send the search tool alone, in a request of its own.
 * A model without the tool would answer from memory, and the agent would report that as search results.
 */
export function asksOnlyForWebSearch(request: ModelRequest): boolean {
  return request.tools.length === 1 && request.tools[0]?.kind === 'web-search'
}

/**
 * The answer to such a request where the target cannot search: the call, its failure, and a sentence that says why,
 * so that neither the agent nor its user takes it for a search without results.
 */
export function searchUnavailable(request: ModelRequest, id: string, target: string): ModelResponse {
  const name = request.tools[0]?.name ?? 'web_search'
  const callId = `srvtoolu_${id}`
  const input = { query: lastQuestion(request) }
  return {
    id,
    model: target,
    parts: [
      {
        kind: 'server-tool',
        phase: 'call',
        tool: 'web-search',
        id: callId,
        name,
        input: JSON.stringify(input),
        origin: 'messages',
        value: { type: 'server_tool_use', id: callId, name, input },
      },
      {
        kind: 'server-tool',
        phase: 'result',
        tool: 'web-search',
        id: callId,
        name,
        error: 'unavailable',
        origin: 'messages',
        value: {
          type: 'web_search_tool_result',
          tool_use_id: callId,
          content: { type: 'web_search_tool_result_error', error_code: 'unavailable' },
        },
      },
      {
        kind: 'text',
        text: `Web search is not available: ${target} has no web search. No search was made. Route this model name to a model that can search, or turn the WebSearch tool off.`,
      },
    ],
    finish: { reason: 'stop' },
    usage: { uncached: 0, output: 0, webSearches: 0 },
  }
}

/** What was to be searched, as far as the request's last words say it. */
export function lastQuestion(request: ModelRequest): string {
  const turn = request.turns.findLast(({ role }) => role === 'user')
  const text = turn?.parts.findLast((part) => part.kind === 'text')
  const words = text?.kind === 'text' ? text.text : ''
  return words.replace(/^Perform a web search for the query:\s*/i, '').slice(0, 400)
}
