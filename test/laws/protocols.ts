import type { ProtocolId } from '../../src/ir/part.ts'
import { chat } from '../../src/protocols/chat/index.ts'
import { completions } from '../../src/protocols/completions/index.ts'
import { gemini } from '../../src/protocols/gemini/index.ts'
import { messages } from '../../src/protocols/messages/index.ts'
import type { CommonDialect, Protocol } from '../../src/protocols/protocol.ts'
import { responses } from '../../src/protocols/responses/index.ts'
import type { SseEvent } from '../../src/stream/sse.ts'
import { chatGrammar } from './grammar/chat.ts'
import { completionsGrammar } from './grammar/completions.ts'
import { geminiGrammar } from './grammar/gemini.ts'
import { messagesGrammar } from './grammar/messages.ts'
import { responsesGrammar } from './grammar/responses.ts'

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
  /** The least share of requests that the protocol must carry whole; a quarter where it is not said. */
  readonly carries?: number
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

const responsesSubject: Subject<typeof responses.defaultDialect> = {
  id: 'responses',
  protocol: responses,
  faithful: {
    ...responses.defaultDialect,
    efforts: EFFORTS,
    reasoningHistory: 'always',
    audio: true,
    cacheBreakpoints: true,
    deferredTools: true,
    prefill: true,
  },
  dialects: {
    default: responses.defaultDialect,
    newest: {
      ...responses.defaultDialect,
      efforts: EFFORTS,
      sampling: 'with-effort-none',
      cacheBreakpoints: true,
      deferredTools: true,
    },
    bare: {
      ...responses.defaultDialect,
      systemRole: 'system',
      efforts: [],
      encryptedReasoning: false,
      reasoningHistory: 'tool-turns',
      sampling: 'none',
      structuredOutput: 'none',
      parallelToolCalls: false,
      forcedToolChoice: false,
      strictTools: false,
      customTools: false,
      toolNamespaces: false,
      images: false,
      files: false,
      webSearch: false,
      userField: 'none',
      promptCacheKey: false,
      serviceTier: false,
      verbosity: false,
      metadata: false,
      storedConversations: false,
    },
  },
  grammar: responsesGrammar,
  finishes: (event) => /^response\.(?:completed|incomplete)$/.test(event.event ?? ''),
  corpus: ['openai-responses'],
}

const completionsSubject: Subject<typeof completions.defaultDialect> = {
  id: 'completions',
  protocol: completions,
  faithful: { ...completions.defaultDialect, maxStops: Infinity },
  dialects: { default: completions.defaultDialect },
  grammar: completionsGrammar,
  finishes: (event) => /"finish_reason":"/.test(event.data),
  // One text and nothing else: every conversation loses its form.
  carries: 0.02,
  corpus: ['openai-completions'],
}

/** Every protocol that the laws hold for. */
export const SUBJECTS: readonly Subject[] = [
  messagesSubject,
  chatSubject,
  geminiSubject,
  responsesSubject,
  completionsSubject,
]

export function subjectOf(id: string): Subject | undefined {
  return SUBJECTS.find((subject) => subject.id === id)
}
