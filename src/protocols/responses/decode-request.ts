import { invalidRequest } from '../../errors.ts'
import { asEffort } from '../../ir/effort.ts'
import { compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type {
  ModelRequest,
  OutputFormat,
  ReasoningConfig,
  StateConfig,
  Tool,
  Turn,
} from '../../ir/request.ts'
import { decodeCache, decodeSchema } from '../openai/decode-settings.ts'
import {
  optionalArray,
  optionalBoolean,
  optionalNumber,
  optionalObject,
  optionalString,
  requiredString,
} from '../request-fields.ts'
import { decodeItems } from './decode-items.ts'
import { decodeToolChoice, decodeTools } from './decode-tools.ts'
import { keepUnknown } from './extensions.ts'

const LOGPROBS = 'message.output_text.logprobs'

/**
 * A client's Responses request. What the IR does not model is kept in `ext.responses`.
 * @throws `invalid-request` naming the field that cannot be read.
 */
export function decodeRequest(wire: JsonObject): ModelRequest {
  const {
    model,
    input,
    instructions,
    stream,
    tools,
    tool_choice,
    parallel_tool_calls,
    max_output_tokens,
    temperature,
    top_p,
    top_logprobs,
    reasoning,
    text,
    include,
    prompt_cache_key,
    prompt_cache_retention,
    safety_identifier,
    user,
    metadata,
    service_tier,
    store,
    previous_response_id,
    conversation,
    prompt,
    ...unknown
  } = wire
  const state = decodeState({ store, previous_response_id, conversation, prompt })
  const held = state?.previousResponseId !== undefined || state?.conversation !== undefined
  if (isMissing(input) && isMissing(prompt) && !held)
    throw invalidRequest('input must be a string or an array of items', 'input')

  const items = decodeItems(input, { ids: state?.store === false ? 'drop' : 'keep' })
  const wished = optionalArray(include, 'include') ?? []
  const top = optionalNumber(top_logprobs, 'top_logprobs')
  const identity = optionalString(safety_identifier, 'safety_identifier') ?? optionalString(user, 'user')
  const { format, verbosity, ...textRest } = optionalObject(text, 'text') ?? {}
  const thinks = decodeReasoning(optionalObject(reasoning, 'reasoning'))
  const others = wished.filter((each) => each !== LOGPROBS)
  return {
    model: requiredString(model, 'model'),
    stream: optionalBoolean(stream, 'stream') ?? false,
    turns: [...decodeInstructions(instructions), ...items.turns],
    tools: withFoundTools(decodeTools(optionalArray(tools, 'tools') ?? [], 'tools'), items.tools),
    ...compact({
      toolChoice: decodeToolChoice(tool_choice),
      parallelToolCalls: optionalBoolean(parallel_tool_calls, 'parallel_tool_calls'),
      maxOutputTokens: optionalNumber(max_output_tokens, 'max_output_tokens'),
      temperature: optionalNumber(temperature, 'temperature'),
      topP: optionalNumber(top_p, 'top_p'),
      logprobs: wished.includes(LOGPROBS) ? compact({ top }) : undefined,
      reasoning: thinks,
      output: decodeOutput(format),
      verbosity: optionalString(verbosity, 'text.verbosity'),
      user: identity,
      metadata: optionalObject(metadata, 'metadata'),
      serviceTier: optionalString(service_tier, 'service_tier'),
      cache: decodeCache(prompt_cache_key, prompt_cache_retention),
      state,
    }),
    ...keepUnknown({
      ...unknown,
      // Both identities at once: the second has no place in the IR.
      ...(typeof user === 'string' && user !== identity && { user }),
      ...(others.length > 0 && { include: others }),
      ...(top !== undefined && !wished.includes(LOGPROBS) && { top_logprobs: top }),
      ...(Object.keys(textRest).length > 0 && { text: textRest }),
      // A choice of one tool of a server says more than the IR can.
      ...(isObject(tool_choice) && tool_choice['type'] === 'mcp' && 'name' in tool_choice && { tool_choice }),
    }),
  }
}

const isMissing = (value: unknown): boolean => value === undefined || value === null

/** Leading system turns are what this protocol calls instructions. */
function decodeInstructions(instructions: unknown): Turn[] {
  const text = optionalString(instructions, 'instructions')
  return text === undefined || text === '' ? [] : [{ role: 'system', parts: [{ kind: 'text', text }] }]
}

/** A tool that was found stands in the list of what there is to find too; vendors refuse to be told of it twice. */
function withFoundTools(declared: readonly Tool[], found: readonly Tool[]): readonly Tool[] {
  const known = new Set(declared.map(identityOf))
  const fresh = found.filter((tool) => {
    const isNew = !known.has(identityOf(tool))
    known.add(identityOf(tool))
    return isNew
  })
  return [...declared, ...fresh]
}

const identityOf = (tool: Tool): string =>
  JSON.stringify([tool.kind, 'namespace' in tool ? tool.namespace : undefined, tool.name])

function decodeState(wire: JsonObject): StateConfig | undefined {
  const { store, previous_response_id, conversation, prompt } = wire
  const state = compact({
    store: optionalBoolean(store, 'store'),
    previousResponseId: optionalString(previous_response_id, 'previous_response_id'),
    conversation: conversation ?? undefined,
    prompt: prompt ?? undefined,
  })
  return Object.keys(state).length === 0 ? undefined : state
}

const SUMMARIES = ['auto', 'concise', 'detailed'] as const

/** An unknown effort or summary (`ultra`) stays for the upstream that knows it. */
function decodeReasoning(wire: JsonObject | undefined): ReasoningConfig | undefined {
  if (wire === undefined) return undefined
  const { effort, summary, generate_summary, ...rest } = wire
  const level = asEffort(effort)
  const wish = summary ?? generate_summary
  const display = SUMMARIES.find((known) => known === wish)
  const config: ReasoningConfig = {
    ...compact({ effort: level, display }),
    ...keepUnknown({
      ...rest,
      ...(level === undefined && { effort }),
      ...(display === undefined && { summary: wish }),
    }),
  }
  return Object.keys(config).length === 0 ? undefined : config
}

function decodeOutput(format: unknown): OutputFormat | undefined {
  const wire = optionalObject(format, 'text.format')
  if (wire === undefined) return undefined
  const { type, ...fields } = wire
  switch (type) {
    case 'text':
      return { type: 'text' }
    case 'json_object':
      return { type: 'json' }
    case 'json_schema': {
      const { output, unknown } = decodeSchema(fields)
      return { ...output, ...keepUnknown(unknown) }
    }
    default:
      throw invalidRequest('text.format.type must be text, json_object or json_schema', 'text.format.type')
  }
}
