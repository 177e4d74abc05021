import type { WireProtocol } from './protocols.ts'

/** Every token of a reply begins with this character, and nothing else in a reply holds it: counting it counts tokens. */
export const MARK = '~'

/** Digits after the mark of a stamped token: microseconds of the monotonic clock at which the upstream sent it. */
export const STAMP_DIGITS = 16
const NO_STAMP = '0'.repeat(STAMP_DIGITS)

export type AnswerPart =
  | { readonly kind: 'text'; readonly tokens: readonly string[] }
  | { readonly kind: 'reasoning'; readonly tokens: readonly string[] }
  | { readonly kind: 'tool'; readonly name: string; readonly tokens: readonly string[] }

/** What the model says, in no protocol yet. The tokens of a tool call join to JSON text. */
export type Answer = readonly AnswerPart[]

/** Pieces as models send them: words, line ends, quotes, letters beyond ASCII, a path with its backslash. */
const PIECES = [
  ' the', ' gateway', ' reads', ' one', ' request', '.\n', ' It', " isn't", ' "fast"', ' na\u00efve', ' C:\\src', ',', ' and', ' 42',
  ' \u2192', ' returns', '\n\n', '```ts', ' const', ' total', ' =', ' sum', '(a,', ' b)', '\n', ' \u{1F680}',
] as const // prettier-ignore

const words = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${MARK}${PIECES[index % PIECES.length]}`)

const stamped = (count: number): string[] => Array.from({ length: count }, () => `${MARK}${NO_STAMP} word`)

/** The arguments of a file edit, cut as models cut them: anywhere. */
function argumentsOf(count: number): string[] {
  const escaped = words(count).map((word) => JSON.stringify(word).slice(1, -1))
  return escaped.map((word, index) => {
    const opened = index === 0 ? `{"path":"src/main.ts","content":"${word}` : word
    return index === count - 1 ? `${opened}"}` : opened
  })
}

const text = (count: number): AnswerPart => ({ kind: 'text', tokens: words(count) })
const reasoning = (count: number): AnswerPart => ({ kind: 'reasoning', tokens: words(count) })
const tool = (name: string, count: number): AnswerPart => ({ kind: 'tool', name, tokens: argumentsOf(count) })

/** Chunks in a reply of the burst workloads. */
const BURST = 300

const SHAPES = {
  small: [text(160)],
  tools: [text(12), tool('edit_file', 60)],
  'burst-text': [text(BURST)],
  'burst-tool': [tool('edit_file', BURST)],
  'burst-reasoning': [reasoning(BURST - 20), text(20)],
  paced: [{ kind: 'text', tokens: stamped(50) }],
  slow: [{ kind: 'text', tokens: stamped(12) }],
  agent: [text(80), tool('read_file', 60)],
  'agent-thinking': [reasoning(80), text(60), tool('read_file', 60), tool('edit_file', 120)],
} as const satisfies Record<string, Answer>

/** The answers that the upstream knows. */
export type Shape = keyof typeof SHAPES

export function answerOf(shape: Shape): Answer {
  return SHAPES[shape]
}

/** Tokens in an answer. */
export function tokensOf(shape: Shape): number {
  return answerOf(shape).reduce((sum, part) => sum + part.tokens.length, 0)
}

/** How the upstream sends an answer. */
export type Pacing =
  | { readonly kind: 'burst' }
  | { readonly kind: 'paced'; readonly everyMs: number }
  /** The first events, then silence for as long as the client stays: an open stream. */
  | { readonly kind: 'hold' }

/** What the upstream answers until it is told otherwise. */
export type Scenario = {
  readonly shape: Shape
  readonly stream: boolean
  readonly pacing: Pacing
}

/** A reply in a protocol: one JSON document, or the events of a stream. */
export type WireAnswer = {
  readonly protocol: WireProtocol
  whole(answer: Answer): object
  /** Each with its closing blank line. */
  events(answer: Answer): string[]
}
