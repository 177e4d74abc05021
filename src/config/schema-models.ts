import { z } from 'zod'
import { EFFORTS } from '../ir/effort.ts'
import { REQUEST_CLASSES } from '../routing/condition.ts'
import { flag, integer, text } from './schema-values.ts'

/** Protocols that a provider can be spoken to in. */
export const PROTOCOLS = ['chat', 'responses', 'messages', 'gemini'] as const
const TOKENS = 100_000_000

/** What to speak to an upstream, where the provider's own choice is not wanted. */
export function protocol(description: string) {
  return z.enum(PROTOCOLS).meta({ description })
}

const targetText = text(
  'A target: `provider/upstream-model`, split at the first slash; `provider/*` passes the name on as asked.',
)

const targetKeys = {
  target: targetText,
  protocol: protocol('What to speak to this target, instead of what suits its model.').optional(),
  maxOutputTokens: integer(
    1,
    TOKENS,
    'Upper bound for the output, in tokens; larger wishes are lowered.',
  ).optional(),
  minOutputTokens: integer(
    1,
    TOKENS,
    'Lower bound for the output, in tokens; smaller wishes are raised.',
  ).optional(),
  toolBridge: flag('Turns tool calls that the model writes as text into real ones.').optional(),
}

const names = (description: string) =>
  z.union([text('One of them.'), z.array(text('One of them.')).min(1, 'needs at least one name')]).meta({
    description,
  })

const when = z
  .strictObject({
    minTokens: integer(1, TOKENS, 'Requests of at least so many input tokens, as estimated.').optional(),
    maxTokens: integer(1, TOKENS, 'Requests of at most so many input tokens, as estimated.').optional(),
    thinking: flag('Whether the client asks the model to think.').optional(),
    images: flag('Whether the conversation holds images.').optional(),
    tools: flag('Whether the client offers tools.').optional(),
    class: names(
      `Claude Code's classes of requests (with \`CLAUDE_CODE_GATEWAY_HINT_HEADERS=1\`): ${REQUEST_CLASSES.join(', ')}.`,
    ).optional(),
    agent: flag('Whether an agent below the main one asks.').optional(),
    agentType: names("Kinds of Claude Code's agents, such as `Explore`.").optional(),
  })
  .refine((condition) => Object.keys(condition).length > 0, {
    message: 'needs at least one condition',
    // A mistyped one is reported as such.
    when: ({ issues }) => issues.length === 0,
  })
  .refine(({ minTokens = 0, maxTokens = TOKENS }) => minTokens <= maxTokens, {
    path: ['maxTokens'],
    message: 'is below `minTokens`: no request fits',
  })
  .meta({
    description: 'The requests that this is for; others pass it over. All conditions must hold.',
  })
  .optional()

const target = z.strictObject({ ...targetKeys, when })

const balance = z.strictObject({
  balance: z
    .array(z.union([targetText, z.strictObject(targetKeys)]))
    .min(1, 'needs at least one target')
    .meta({
      description:
        'Targets that share the load; a conversation stays with one of them as long as that is well.',
    }),
  weights: z
    .array(z.number('must be a positive number').positive('must be a positive number'))
    .meta({ description: 'Shares of the targets, in the same order; equal when left out.' })
    .optional(),
  when,
})

/** `models`: what clients ask for → where it goes. */
export const modelsSchema = z
  .record(
    z.string().min(1, 'must not be empty'),
    z.union([
      targetText,
      z.array(z.union([targetText, target, balance])).min(1, 'needs at least one target'),
      target,
      balance,
    ]),
  )
  .meta({
    description:
      'What clients may ask for (a name, or a pattern with `*`) and where it goes; the first match wins, and a list is tried in order.',
  })

const price = z.strictObject({
  input: z.number().nonnegative().meta({ description: 'US dollars per million input tokens.' }),
  output: z.number().nonnegative().meta({ description: 'US dollars per million output tokens.' }),
  cacheRead: z
    .number()
    .nonnegative()
    .meta({ description: 'US dollars per million tokens read from the prompt cache.' })
    .optional(),
  cacheWrite: z
    .number()
    .nonnegative()
    .meta({ description: 'US dollars per million tokens written to the prompt cache.' })
    .optional(),
})

/** What a user may know better about a model than the built-in table. */
export const modelFactsSchema = z.strictObject({
  family: text('The model family whose facts apply.').optional(),
  protocol: protocol('What to speak to this model.').optional(),
  contextWindow: integer(1, TOKENS, 'Context window, in tokens.').optional(),
  maxOutputTokens: integer(1, TOKENS, 'Longest output, in tokens.').optional(),
  sampling: z
    .enum(['all', 'none', 'temperature-or-top-p', 'with-effort-none'])
    .meta({ description: 'Which sampling parameters the model accepts.' })
    .optional(),
  stopSequences: flag('Whether the model takes stop sequences.').optional(),
  efforts: z
    .array(z.enum(EFFORTS as readonly [(typeof EFFORTS)[number], ...typeof EFFORTS]))
    .meta({ description: 'Reasoning efforts, weakest first; empty when it has none.' })
    .optional(),
  thinking: z
    .array(z.enum(['adaptive', 'enabled', 'disabled', 'between-tools']))
    .meta({ description: 'Thinking modes that the model takes.' })
    .optional(),
  forcedToolChoice: flag('Whether a tool can be forced.').optional(),
  prefill: flag('Whether a trailing assistant turn is continued.').optional(),
  midConversationSystem: flag('Whether system turns are accepted between others.').optional(),
  structuredOutput: flag('Whether output can be bound to a JSON Schema.').optional(),
  images: flag('Whether the model sees images.').optional(),
  documents: flag('Whether the model reads documents.').optional(),
  tools: flag('Whether the model calls tools.').optional(),
  toolsNeedResponses: flag('Whether tools together with reasoning need the Responses API.').optional(),
  price: price.meta({ description: 'What the model costs.' }).optional(),
})
