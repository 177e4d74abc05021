import { invalidRequest } from '../../errors.ts'
import { Losses } from '../../ir/dropped.ts'
import type { Encoded } from '../../ir/dropped.ts'
import { asObject, compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Part } from '../../ir/part.ts'
import type { ModelRequest, Turn } from '../../ir/request.ts'
import type { CompletionsDialect } from './dialect.ts'
import { reportForeign } from './extensions.ts'

/**
 * A request for an upstream that completes text. A conversation becomes a transcript; all that is no text is reported.
 * @throws `invalid-request` for server-held state
 */
export function encodeRequest(request: ModelRequest, dialect: CompletionsDialect): Encoded<JsonObject> {
  const losses = new Losses()
  if (request.state?.previousResponseId !== undefined || request.state?.conversation !== undefined)
    throw invalidRequest(
      'previous_response_id: this upstream keeps no conversations; send the whole history',
      'previous_response_id',
    )
  if (request.state?.prompt !== undefined)
    throw invalidRequest('prompt: this upstream keeps no prompt templates', 'prompt')
  reportForeign('', request.ext, losses)
  reportUnsupported(request, losses)
  const { stream_options: streamOptions, ...own } = request.ext?.completions ?? {}
  const stop = request.stop?.slice(0, dialect.maxStops)
  if (stop !== undefined && stop.length < (request.stop?.length ?? 0))
    losses.unsupported('stop', `more than ${dialect.maxStops}`)
  const body = {
    model: request.model,
    prompt: promptOf(request.turns, losses),
    ...compact({
      max_tokens: request.maxOutputTokens,
      temperature: request.temperature,
      top_p: request.topP,
      n: request.candidates,
      stop,
      seed: request.seed,
      frequency_penalty: request.frequencyPenalty,
      presence_penalty: request.presencePenalty,
      logit_bias: request.logitBias,
      user: request.user,
      echo: request.echo,
    }),
    ...(request.stream && {
      stream: true,
      stream_options: { ...asObject(streamOptions), include_usage: true },
    }),
    ...own,
  }
  return { body, dropped: losses.list }
}

function reportUnsupported(request: ModelRequest, losses: Losses): void {
  for (const [index, tool] of request.tools.entries()) {
    if (tool.kind === 'function' || tool.kind === 'custom') reportForeign(`tools[${index}]`, tool.ext, losses)
    losses.content(`tools[${index}]`, 'a text completion calls no tools')
  }
  const wishes = {
    tool_choice: request.toolChoice,
    parallel_tool_calls: request.parallelToolCalls,
    top_k: request.topK,
    logprobs: request.logprobs,
    reasoning: request.reasoning,
    response_format: request.output,
    verbosity: request.verbosity,
    metadata: request.metadata,
    service_tier: request.serviceTier,
    cache: request.cache,
    store: request.state?.store,
  }
  for (const [name, wish] of Object.entries(wishes)) if (wish !== undefined) losses.unsupported(name)
}

/** A lone text of the user is the prompt; anything else is told as a transcript that the model goes on with. */
function promptOf(turns: readonly Turn[], losses: Losses): string {
  const texts = turns.map((turn, index) => {
    const path = `messages[${index}]`
    reportForeign(path, turn.ext, losses)
    if (turn.name !== undefined) losses.unsupported(`${path}.name`)
    return turn.parts.map((part, at) => textOf(part, `${path}.content[${at}]`, losses)).join('')
  })
  const [only, ...others] = turns
  if (only?.role === 'user' && others.length === 0) {
    if (only.parts.length > 1) losses.approximated('messages[0]', 'several texts, joined')
    return texts[0] ?? ''
  }
  losses.approximated('messages', 'a conversation as one text')
  const said = turns.map(({ role }, index) => `${LABEL_OF[role]}: ${texts[index] ?? ''}`)
  return [...said, 'Assistant:'].join('\n\n')
}

const LABEL_OF: Readonly<Record<Turn['role'], string>> = {
  system: 'System',
  developer: 'System',
  user: 'User',
  assistant: 'Assistant',
}

function textOf(part: Part, path: string, losses: Losses): string {
  reportForeign(path, part.ext, losses)
  if (part.cache !== undefined) losses.unsupported(`${path}.cache_control`)
  if (part.kind === 'text') {
    if (part.citations !== undefined) losses.unsupported(`${path}.citations`)
    return part.text
  }
  if (part.kind === 'refusal') {
    losses.approximated(path, 'a refusal as text')
    return part.text
  }
  losses.content(path, `a text completion takes no ${part.kind}`)
  return ''
}
