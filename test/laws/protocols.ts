import type { ProtocolId } from '../../src/ir/part.ts'
import { chat } from '../../src/protocols/chat/index.ts'
import { gemini } from '../../src/protocols/gemini/index.ts'
import { messages } from '../../src/protocols/messages/index.ts'
import type { CommonDialect, Protocol } from '../../src/protocols/protocol.ts'
import type { SseEvent } from '../../src/stream/sse.ts'
import { chatGrammar } from './grammar/chat.ts'
import { geminiGrammar } from './grammar/gemini.ts'
import { messagesGrammar } from './grammar/messages.ts'

/** What is wrong with a stream as its protocol's clients read it, and how it ended. */
export type GrammarReport = {
  readonly faults: readonly string[]
  readonly ending: 'success' | 'error' | 'none'
}

export type Grammar = (events: readonly SseEvent[]) => GrammarReport

/** One protocol as the laws see it. */
export type Subject<D extends CommonDialect = any> = {
  readonly id: ProtocolId
  readonly protocol: Protocol<D>
  /** An upstream that takes everything the protocol knows: what it cannot carry, the protocol cannot. */
  readonly faithful: D
  /** Other upstreams worth trying, by name. */
  readonly dialects: Readonly<Record<string, D>>
  readonly grammar: Grammar
  /** True for the event that says why the model stopped: with it the answer is all there. */
  readonly finishes: (event: SseEvent) => boolean
  /** Names that the recorded corpus gives this protocol. */
  readonly corpus: readonly string[]
}

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const

const messagesSubject: Subject<typeof messages.defaultDialect> = {
  id: 'messages',
  protocol: messages,
  faithful: {
    ...messages.defaultDialect,
    midConversationSystem: true,
    thinking: ['adaptive', 'enabled', 'disabled', 'between-tools'],
    efforts: EFFORTS,
    sampling: 'all',
    prefill: true,
    automaticCache: false,
    unsignedThinking: 'keep',
  },
  dialects: {
    default: messages.defaultDialect,
    oldest: {
      ...messages.defaultDialect,
      thinking: ['enabled', 'disabled'],
      efforts: [],
      structuredOutput: false,
      urlMedia: 'none',
    },
    newest: {
      ...messages.defaultDialect,
      midConversationSystem: true,
      thinking: ['adaptive', 'between-tools'],
      sampling: 'none',
      forcedToolChoice: false,
    },
  },
  grammar: messagesGrammar,
  finishes: (event) => event.event === 'message_delta',
  corpus: ['anthropic'],
}

const chatSubject: Subject<typeof chat.defaultDialect> = {
  id: 'chat',
  protocol: chat,
  faithful: {
    ...chat.defaultDialect,
    reasoningHistory: 'always',
    efforts: EFFORTS,
    cacheBreakpoints: true,
    prefill: true,
    maxStops: Infinity,
  },
  dialects: {
    default: chat.defaultDialect,
    deepseek: {
      ...chat.defaultDialect,
      maxTokensField: 'max_tokens',
      systemRole: 'system',
      reasoningHistory: 'tool-turns',
      reasoningRequest: 'thinking',
      efforts: ['low', 'high', 'max'],
      structuredOutput: 'json-object',
      images: false,
      files: false,
      audio: false,
      userField: 'none',
      promptCacheKey: false,
    },
    bare: {
      ...chat.defaultDialect,
      maxTokensField: 'max_tokens',
      systemRole: 'system',
      reasoningRequest: 'none',
      efforts: [],
      sampling: 'none',
      structuredOutput: 'none',
      streamUsage: false,
      parallelToolCalls: false,
      forcedToolChoice: false,
      strictTools: false,
      customTools: false,
      images: false,
      files: false,
      audio: false,
      userField: 'none',
      promptCacheKey: false,
      serviceTier: false,
      verbosity: false,
      metadata: false,
    },
  },
  grammar: chatGrammar,
  finishes: (event) => /"finish_reason":"/.test(event.data),
  corpus: ['openai-chat'],
}

/** The model's name stands in the URL of this protocol; for the laws it goes into the body, where Google takes it too. */
const namedGemini: typeof gemini = {
  ...gemini,
  encodeRequest(request, dialect) {
    const { body, dropped } = gemini.encodeRequest(request, dialect)
    return { body: { ...body, model: request.model }, dropped }
  },
}

const geminiSubject: Subject<typeof gemini.defaultDialect> = {
  id: 'gemini',
  protocol: namedGemini,
  faithful: {
    ...gemini.defaultDialect,
    efforts: ['minimal', 'low', 'medium', 'high'],
    thoughtSignatures: 'optional',
    maxStops: Infinity,
  },
  dialects: {
    default: gemini.defaultDialect,
    second: {
      ...gemini.defaultDialect,
      jsonSchema: false,
      thinking: 'budget',
      thoughtSignatures: 'optional',
      callIds: false,
      multimodalResults: false,
      toolCombinations: false,
      validatedTools: false,
    },
    fourth: {
      ...gemini.defaultDialect,
      sampling: 'none',
      penalties: false,
      candidates: false,
      prefill: false,
      serviceTier: false,
      forcedToolChoice: false,
    },
  },
  grammar: geminiGrammar,
  finishes: (event) => event.data.includes('"finishReason":'),
  corpus: ['gemini'],
}

/** Every protocol that the laws hold for. */
export const SUBJECTS: readonly Subject[] = [messagesSubject, chatSubject, geminiSubject]

export function subjectOf(id: string): Subject | undefined {
  return SUBJECTS.find((subject) => subject.id === id)
}
