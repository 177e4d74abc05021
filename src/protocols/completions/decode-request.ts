import { invalidRequest } from '../../errors.ts'
import { compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ModelRequest } from '../../ir/request.ts'
import { keepUnknown } from './extensions.ts'
import { decodePrompt } from './prompt.ts'
import { DEFAULT_MAX_TOKENS } from './wire.ts'

/**
 * A client's request for the completion of a text: one turn of the user. What the IR does not model is kept in
 * `ext.completions`.
 * @throws `invalid-request` naming the field that cannot be read, or that asks for what a model behind another API
 * cannot do: token ids, text to be inserted before a suffix, the best of several, log probabilities.
 */
export function decodeRequest(wire: JsonObject): ModelRequest {
  const {
    model,
    prompt,
    suffix,
    echo,
    best_of,
    logprobs,
    max_tokens,
    temperature,
    top_p,
    n,
    stop,
    seed,
    frequency_penalty,
    presence_penalty,
    logit_bias,
    user,
    stream,
    stream_options,
    ...unknown
  } = wire
  if (typeof model !== 'string' || model === '') throw invalidRequest('model must be a string', 'model')
  const text = decodePrompt(prompt)
  if (typeof suffix === 'string' && suffix !== '')
    throw invalidRequest('suffix: insertion before a suffix is not supported', 'suffix')
  if (isGiven(best_of) && best_of !== (n ?? 1))
    throw invalidRequest('best_of: answers cannot be ranked here; leave it out or set it to n', 'best_of')
  if (isGiven(logprobs) && logprobs !== false)
    throw invalidRequest('logprobs: log probabilities are not supported', 'logprobs')
  const streamed = boolean(stream, 'stream') === true
  const { include_usage, ...streamOptions } = fields(stream_options, 'stream_options')
  return {
    model,
    stream: streamed,
    turns: [{ role: 'user', parts: [{ kind: 'text', text }] }],
    tools: [],
    maxOutputTokens: number(max_tokens, 'max_tokens') ?? DEFAULT_MAX_TOKENS,
    ...compact({
      temperature: number(temperature, 'temperature'),
      topP: number(top_p, 'top_p'),
      candidates: number(n, 'n'),
      stop: stops(stop),
      seed: number(seed, 'seed'),
      frequencyPenalty: number(frequency_penalty, 'frequency_penalty'),
      presencePenalty: number(presence_penalty, 'presence_penalty'),
      logitBias: isGiven(logit_bias) ? fields(logit_bias, 'logit_bias') : undefined,
      user: string(user, 'user'),
      streamUsage: streamed ? include_usage === true : undefined,
    }),
    ...(boolean(echo, 'echo') === true && { echo: true }),
    ...keepUnknown({
      ...unknown,
      ...(Object.keys(streamOptions).length > 0 && { stream_options: streamOptions }),
    }),
  }
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null

function number(value: unknown, name: string): number | undefined {
  if (!isGiven(value)) return undefined
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw invalidRequest(`${name} must be a number`, name)
}

function string(value: unknown, name: string): string | undefined {
  if (!isGiven(value)) return undefined
  if (typeof value === 'string') return value
  throw invalidRequest(`${name} must be a string`, name)
}

function boolean(value: unknown, name: string): boolean | undefined {
  if (!isGiven(value)) return undefined
  if (typeof value === 'boolean') return value
  throw invalidRequest(`${name} must be true or false`, name)
}

function fields(value: unknown, name: string): JsonObject {
  if (!isGiven(value)) return {}
  if (isObject(value)) return value
  throw invalidRequest(`${name} must be an object`, name)
}

function stops(value: unknown): readonly string[] | undefined {
  if (!isGiven(value)) return undefined
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (!list.every((item) => typeof item === 'string'))
    throw invalidRequest('stop must be a string or an array of strings', 'stop')
  return list.length === 0 ? undefined : list
}
