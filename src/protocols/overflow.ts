/** Prompt and window in tokens, where the wording gives them. */
export type ContextOverflow = { readonly tokens?: number; readonly limit?: number }

/** A prompt that fits, with a `max_tokens` that does not fit beside it. */
export type OutputOverflow = { readonly tokens: number; readonly maxTokens: number; readonly limit: number }

/** Codes and types that mean "prompt longer than the window", whatever the message says. */
export const CONTEXT_CODES: ReadonlySet<string> = new Set([
  'context_length_exceeded',
  'exceed_context_size_error',
  'ContextWindowExceededError',
  'context_window_exceeded',
  'model_context_window_exceeded',
])

/** A count, perhaps with separators; `N` in the wordings below. */
const COUNT = String.raw`\d[\d,_]*`

/** Vendors' wordings. Named groups: `tokens` the prompt, `limit` the window. The first that matches counts. */
const CONTEXT_WORDINGS: readonly RegExp[] = [
  // Anthropic
  named(`prompt is too long\\D*(?<tokens>N)\\s*tokens?\\s*>\\s*(?<limit>N)`),
  // vLLM: output and input named apart
  named(
    `maximum context length (?:is|of) (?<limit>N)\\b.*?(?:prompt contains|request has)(?: at least)? (?<tokens>N) input tokens`,
  ),
  // OpenAI, OpenRouter, older vLLM
  named(
    `maximum context length (?:is|of) (?<limit>N)\\b.*?(?:requested(?: about)?|resulted in|contains?|has) (?<tokens>N) (?:\\w+ )?tokens`,
  ),
  named(`maximum (?:context|prompt) length (?:is|of) (?<limit>N)(?:.*?contains (?<tokens>N) tokens)?`),
  // Mistral
  named(`prompt contains (?<tokens>N) tokens.*?too large for model with (?<limit>N) maximum context`),
  // Gemini
  named(
    `input token count(?: \\((?<tokens>N)\\))? exceeds the maximum number of (?:input )?tokens allowed(?: \\((?<limit>N)\\))?`,
  ),
  // llama.cpp
  named(`request \\((?<tokens>N) tokens\\) exceeds the available context size \\((?<limit>N) tokens\\)`),
  // LM Studio
  named(`greater than the context length(?: \\(n_keep: (?<tokens>N)\\s*>=\\s*n_ctx: (?<limit>N)\\))?`),
  named(`keep the first (?<tokens>N) tokens when context.*?context length of only (?<limit>N)`),
  // Text generation inference
  named(`must be <= (?<limit>N)\\. Given: (?<tokens>N) .?inputs.? tokens`),
]

/** Wordings without numbers. */
const CONTEXT_PHRASES =
  /prompt is too long|context_length_exceeded|exceeds? (?:the |this |its )?(?:model'?s? |available |maximum )*context (?:window|length|size|limit)|context window (?:is )?exceeded|input is too long|capability_rejected: prompt_too_long|reduce the length of the messages/i

const OUTPUT_WORDINGS: readonly RegExp[] = [
  // Anthropic
  named(
    'input length and .?max_tokens.? exceed context limit:\\s*(?<tokens>N)\\s*\\+\\s*(?<max>N)\\s*>\\s*(?<limit>N)',
  ),
  // OpenAI: "(1000 in the messages, 4000 in the completion)"
  named(
    `maximum context length (?:is|of) (?<limit>N)\\b.*?(?<tokens>N) in (?:the|your) (?:messages|prompt|input)[^)]*?(?<max>N) (?:in|for) the (?:completion|output)`,
  ),
  named(
    `maximum context length (?:is|of) (?<limit>N)\\b.*?(?<tokens>N) of (?:the )?text input[^)]*?(?<max>N) in the output`,
  ),
  // vLLM, both orders
  named(
    `max(?:_completion)?_tokens.{0,40}? is too large: (?<max>N)\\..*?maximum context length is (?<limit>N)\\b.*?has (?<tokens>N) input tokens`,
  ),
  named(
    `maximum context length is (?<limit>N)\\b.*?requested (?<max>N) output tokens.*?(?:at least )?(?<tokens>N) input tokens`,
  ),
  named(`must be <= (?<limit>N)\\. Given: (?<tokens>N) .?inputs.? tokens and (?<max>N) .?max_new_tokens`),
]

/**
 * What a message says about a prompt that is longer than the model's window, in any vendor's words; undefined
 * when it says no such thing. Ask {@link outputOverflow} first: some vendors word both alike.
 */
export function contextOverflow(message: string): ContextOverflow | undefined {
  for (const wording of CONTEXT_WORDINGS) {
    const groups = wording.exec(message)?.groups
    if (groups === undefined) continue
    const tokens = toNumber(groups['tokens'])
    const limit = toNumber(groups['limit'])
    return { ...(tokens !== undefined && { tokens }), ...(limit !== undefined && { limit }) }
  }
  return CONTEXT_PHRASES.test(message) ? {} : undefined
}

/** What a message says about a `max_tokens` that does not fit beside a prompt that does. */
export function outputOverflow(message: string): OutputOverflow | undefined {
  for (const wording of OUTPUT_WORDINGS) {
    const groups = wording.exec(message)?.groups
    const tokens = toNumber(groups?.['tokens'])
    const maxTokens = toNumber(groups?.['max'])
    const limit = toNumber(groups?.['limit'])
    if (tokens === undefined || maxTokens === undefined || limit === undefined) continue
    // A prompt over the limit is not cured by asking for less.
    return tokens < limit && tokens + maxTokens > limit ? { tokens, maxTokens, limit } : undefined
  }
  return undefined
}

function named(pattern: string): RegExp {
  return new RegExp(pattern.replaceAll('>N)', `>${COUNT})`), 'is')
}

function toNumber(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits.replaceAll(/[,_]/g, ''))
}
