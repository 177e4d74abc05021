/** What becomes of reasoning between two turns; test/e2e/reasoning-matrix.test.ts holds every cell. */
export type Outcome = 'restored' | 'left out' | 'without'

export const ISSUERS = {
  claude: 'Claude on Foundry (signatures)',
  openai: 'OpenAI Responses (encrypted reasoning)',
  gemini: 'Gemini 3 (thought signatures)',
  deepseek: 'DeepSeek and its like (`reasoning_content`)',
} as const

export const CLIENTS = {
  messages: 'Messages',
  'chat-plain': 'Chat, returning calls only',
  'chat-returning': 'Chat, returning what it got',
  responses: 'Responses',
  'responses-plain': 'Responses, returning calls only',
} as const

export const EVENTS = {
  same: 'the same target',
  model: 'another model',
  provider: 'another provider',
  fallback: 'fallback to another account',
  restart: 'restart, same secret',
  'other-secret': 'restart, another secret',
} as const

export type IssuerId = keyof typeof ISSUERS
export type ClientId = keyof typeof CLIENTS
export type EventId = keyof typeof EVENTS

type Row = Readonly<Record<EventId, Outcome>>

const row = (...outcomes: readonly Outcome[]): Row =>
  Object.fromEntries(Object.keys(EVENTS).map((event, index) => [event, outcomes[index]])) as Row

export const REASONING_MATRIX: Readonly<Record<IssuerId, Readonly<Record<ClientId, Row>>>> = {
  claude: {
    messages: row('restored', 'left out', 'left out', 'left out', 'restored', 'restored'),
    'chat-plain': row('restored', 'left out', 'left out', 'left out', 'without', 'without'),
    'chat-returning': row('restored', 'left out', 'left out', 'left out', 'restored', 'left out'),
    responses: row('restored', 'left out', 'left out', 'left out', 'restored', 'left out'),
    'responses-plain': row('restored', 'left out', 'without', 'left out', 'without', 'without'),
  },
  openai: {
    messages: row('restored', 'left out', 'left out', 'left out', 'restored', 'left out'),
    'chat-plain': row('restored', 'left out', 'left out', 'left out', 'without', 'without'),
    'chat-returning': row('restored', 'left out', 'left out', 'left out', 'restored', 'left out'),
    responses: row('restored', 'restored', 'left out', 'left out', 'restored', 'restored'),
    'responses-plain': row('without', 'without', 'without', 'without', 'without', 'without'),
  },
  gemini: {
    messages: row('restored', 'left out', 'left out', 'left out', 'restored', 'left out'),
    'chat-plain': row('restored', 'left out', 'left out', 'left out', 'without', 'without'),
    'chat-returning': row('restored', 'left out', 'left out', 'left out', 'restored', 'left out'),
    responses: row('restored', 'left out', 'left out', 'left out', 'restored', 'left out'),
    'responses-plain': row('restored', 'left out', 'left out', 'left out', 'without', 'without'),
  },
  deepseek: {
    messages: row('restored', 'left out', 'left out', 'left out', 'restored', 'left out'),
    'chat-plain': row('restored', 'restored', 'left out', 'restored', 'without', 'without'),
    'chat-returning': row('restored', 'restored', 'left out', 'restored', 'restored', 'restored'),
    responses: row('restored', 'left out', 'left out', 'left out', 'restored', 'left out'),
    'responses-plain': row('restored', 'left out', 'left out', 'left out', 'without', 'without'),
  },
}
