/** The classes by which Claude Code marks its requests (`x-claude-code-request-class`). */
export const REQUEST_CLASSES = [
  'main',
  'subagent',
  'workflow',
  'compaction',
  'auxiliary',
  'side_reply',
] as const

/** What a request must be like for a step of a rule. Everything that is present must hold. */
export type Condition = {
  /** Size of the input, in tokens as the gateway estimates them; both bounds belong to the range. */
  readonly minTokens?: number
  readonly maxTokens?: number
  /** Whether the client asks the model to think. */
  readonly thinking?: boolean
  /** Whether the conversation holds images. */
  readonly images?: boolean
  /** Whether the client offers tools. */
  readonly tools?: boolean
  /** One of these classes; a client that names none is `subagent` when it names an agent, else nothing. */
  readonly class?: readonly string[]
  /** Whether an agent below the main one asks. */
  readonly agent?: boolean
  /** One of these kinds of agents (`x-claude-code-agent-type`). */
  readonly agentType?: readonly string[]
}

/**
 * What rules ask about a request. An implementation finds out on first use: most requests are routed without a look
 * into their body.
 */
export interface RequestFacts {
  /** Tokens, estimated. */
  readonly inputTokens: number
  readonly thinking: boolean
  readonly images: boolean
  readonly tools: boolean
  readonly requestClass: string | undefined
  readonly agent: boolean
  readonly agentType: string | undefined
  /** The same text for all requests of one conversation; any other where nothing tells conversations apart. */
  readonly session: string
  /** Which target sealed the latest reasoning in the history, where that can be read. */
  readonly sealedBy: { readonly provider: string; readonly model: string } | undefined
  /** True while the model waits for results of tools that it called. */
  readonly midTurn: boolean
}

/** True when the request is as the condition wants it. Headers are asked before the body. */
export function holds(condition: Condition, facts: RequestFacts): boolean {
  const { minTokens, maxTokens, thinking, images, tools, agent, agentType } = condition
  if (condition.class !== undefined && !condition.class.includes(facts.requestClass ?? '')) return false
  if (agentType !== undefined && !agentType.includes(facts.agentType ?? '')) return false
  if (agent !== undefined && facts.agent !== agent) return false
  if (thinking !== undefined && facts.thinking !== thinking) return false
  if (tools !== undefined && facts.tools !== tools) return false
  if (images !== undefined && facts.images !== images) return false
  if (minTokens !== undefined && facts.inputTokens < minTokens) return false
  return maxTokens === undefined || facts.inputTokens <= maxTokens
}

/** A condition as people read it: `class auxiliary, at most 8000 tokens`. */
export function describeCondition(condition: Condition): string {
  const { minTokens, maxTokens, thinking, images, tools, agent, agentType } = condition
  return [
    ...(condition.class === undefined ? [] : [`class ${condition.class.join(' or ')}`]),
    ...(agentType === undefined ? [] : [`agent type ${agentType.join(' or ')}`]),
    ...whether(agent, 'agent'),
    ...whether(thinking, 'thinking'),
    ...whether(tools, 'tools'),
    ...whether(images, 'images'),
    ...(minTokens === undefined ? [] : [`at least ${minTokens} tokens`]),
    ...(maxTokens === undefined ? [] : [`at most ${maxTokens} tokens`]),
  ].join(', ')
}

const whether = (wanted: boolean | undefined, what: string): readonly string[] =>
  wanted === undefined ? [] : [wanted ? what : `no ${what}`]
