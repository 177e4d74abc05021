import type { Cell } from './cell.ts'

/** A class of differences that are meant, and why. */
export type Exception = {
  readonly id: string
  /** What a reader of the documentation is told. */
  readonly reason: string
  covers(difference: string, cell: Cell): boolean
}

const lost = (cell: Cell, note: RegExp): boolean =>
  cell.dropped.some((dropped) => note.test(`${dropped.path} ${dropped.note ?? ''}`))

/** Where a difference stays, because the target has no way to say the same. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    id: 'JSON mode towards Messages',
    reason:
      'Messages has JSON by schema only. JSON mode without one becomes an instruction: the answer is JSON by the model’s good will, not by force',
    covers: (difference, cell) =>
      /^(?:system differs|structured output)$/.test(difference) && lost(cell, /^response_format /),
  },
  {
    id: 'small limits towards Responses',
    reason: 'Responses refuses an output limit below 16 tokens; smaller wishes are raised to that',
    covers: (difference, cell) => /^maxTokens: \d+ != 16$/.test(difference) && cell.to === 'responses',
  },
  {
    id: 'temperature beside top_p',
    reason: 'Claude since 4.1 refuses both in one request; the temperature is kept, and `top_p` left out',
    covers: (difference, cell) => difference.startsWith('topP: ') && lost(cell, /^top_p /),
  },
  {
    id: 'results without a call',
    reason:
      'the result of a call that the target’s protocol has no place for, or that the history lacks, is told as text of the user: vendors refuse a result that answers nothing',
    covers: (difference, cell) =>
      /^turns(?:\[\d+\]\.(?:text|toolResults))?: |^turns\[\d+\]\.text$/.test(difference) &&
      lost(cell, /a tool result without an open call/),
  },
  {
    id: 'reasoning in a text completion',
    reason: 'a text completion has no field for reasoning: its client reads the answer alone',
    covers: (difference, cell) => difference === 'reasoningText differs' && cell.to === 'completions',
  },
  {
    id: 'calls in a text completion',
    reason: 'a text completion has no calls; the one recorded was made without a tool being declared',
    covers: (difference, cell) => /^(?:toolCalls|stop): /.test(difference) && cell.to === 'completions',
  },
  {
    id: 'a status that no vendor sends',
    reason:
      'an answer that was written by hand ends in a status that the API does not know; it counts as completed',
    covers: (difference) => difference === 'stop: complete != stop',
  },
  {
    id: 'free-form calls without their tool',
    reason:
      'a Messages client cannot declare free-form tools, so it is never given their calls; made to send one back, it sends an object',
    covers: (difference, cell) =>
      difference === 'call arguments' && cell.matrix === 'round trips' && cell.to === 'messages',
  },
  {
    id: 'signatures after the last words',
    reason:
      'Gemini signs a streamed answer without calls after its words have gone out. Messages clients take the last block for the answer, so that no block may follow: the signature, which Gemini does not ask for there, is left out. Chat and Responses clients send it back',
    covers: (difference, cell) =>
      difference.startsWith('secrets: ') && lost(cell, /a signature after the last words/),
  },
  {
    id: 'requests mended for servers that imitate',
    reason:
      'what many OpenAI-compatible servers refuse is mended on passthrough too unless the config says that this one takes it: the name of the output limit, `strict`, `service_tier`',
    covers: (difference, cell) =>
      cell.matrix === 'passthrough' && cell.form === 'request' && cell.record.includes('-compat.'),
  },
]

export type Refusal = { readonly id: string; readonly reason: string; readonly message: RegExp }

/** Requests that are refused rather than answered wrongly, and answers that are none. */
export const REFUSALS: readonly Refusal[] = [
  {
    id: 'files by id',
    reason:
      'the id of an uploaded file means something to the provider that has it; others get a 400 that says so',
    message: /file id|takes images as base64 or URL only|the file .* is not known/,
  },
  {
    id: 'several answers',
    reason:
      '`n` above one towards protocols that give one answer (legacy completions are split into single requests)',
    message: /^n: /,
  },
  { id: 'audio', reason: 'the target’s protocol or model takes no audio in this form', message: /audio/ },
  { id: 'video', reason: 'only Gemini takes video', message: /video/ },
  {
    id: 'token prompts',
    reason: 'a prompt of token ids can be read only by the model whose tokens they are',
    message: /token ids are not supported/,
  },
  {
    id: 'conversations kept by a provider',
    reason: '`conversation` and `previous_response_id` name what another provider keeps',
    message: /keeps no conversations/,
  },
  {
    id: 'prompt templates',
    reason: '`prompt` names a template that OpenAI keeps',
    message: /keeps no prompt templates/,
  },
  {
    id: 'answers that broke off',
    reason:
      'the recorded stream ends, or begins anew, before it is complete: its client gets an error and no half answer',
    message: /before it was complete|a second answer within the first/,
  },
  {
    id: 'answers that are none yet',
    reason:
      'an answer that is still queued: background mode belongs to clients that speak Responses themselves',
    message: /it is queued/,
  },
  {
    id: 'answers that the model gave up',
    reason: 'Gemini ended in a malformed or an undeclared call: the client gets an error and may retry',
    message: /the model gave up its answer/,
  },
]
