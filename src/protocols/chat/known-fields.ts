/** Members of a chunk that are read, and members that mean nothing: `obfuscation` is padding. */
export const KNOWN: ReadonlySet<string> = new Set([
  'id',
  'object',
  'created',
  'model',
  'choices',
  'usage',
  'error',
  'obfuscation',
  'x_groq',
])

/** The same of a choice. */
export const KNOWN_CHOICE: ReadonlySet<string> = new Set(['index', 'delta', 'finish_reason', 'logprobs'])

/** The same of a delta, or of the message in a whole answer. */
export const KNOWN_DELTA: ReadonlySet<string> = new Set([
  'role',
  'content',
  'refusal',
  'tool_calls',
  'function_call',
  'reasoning',
  'reasoning_content',
  'reasoning_details',
  'annotations',
  'images',
  'audio',
])
