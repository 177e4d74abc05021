/** Streams of the three protocols as servers write them, spelled in odd ways; for the law of the fast paths. */
import * as fc from 'fast-check'

/** Pieces of text that look like what may stand around them, or are hard to write. */
const piece = fc.oneof(
  { arbitrary: fc.constantFrom('a', ' the', ' gateway', '.', '{"q":', '1}', ' 42'), weight: 4 },
  {
    arbitrary: fc.constantFrom(
      '',
      '"',
      '\\',
      '\n',
      '"}}]}',
      '"},"finish_reason":null}]}\n\n',
      '\u2028',
      '\u00e9',
      '\u2192',
      '\u{1F680}',
      '\ud83d',
      '\ude80',
      '\0',
      '\u007f',
      '{}',
      'the place of a piece',
    ),
    weight: 4,
  },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 6 }), weight: 1 },
)

/** How a server writes a string: as short as can be, all ASCII, or not as JSON wants it. */
const SPELLINGS = {
  plain: (text: string) => JSON.stringify(text),
  ascii: (text: string) =>
    JSON.stringify(text).replace(
      /[^\x20-\x7e]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  slashes: (text: string) => JSON.stringify(text).replaceAll('/', '\\/').replaceAll('e', '\\u0065'),
  raw: (text: string) => `"${text.replaceAll(/["\\\n\r]/g, '')}"`,
  broken: (text: string) => `"${text.replaceAll(/["\\\n\r]/g, '')}\\x"`,
}
type Spelling = keyof typeof SPELLINGS

const usually = <T>(value: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: fc.constant(value), weight: 6 }, { arbitrary: fc.constantFrom(...others), weight: 1 })

/** What stays the same from event to event, most of the time. */
const style = fc.record({
  kind: fc.nat({ max: 5 }),
  index: usually(0, 1, 2),
  id: usually('r1', 'r2', ''),
  more: fc.constantFrom<(string | undefined)[]>(
    undefined,
    undefined,
    undefined,
    undefined,
    '"system_fingerprint":"fp"',
    '"novelty":[1]',
    '"novelty":"once"',
    '"p":"abc"',
    '"content":"another"',
    '"usage":null',
    '"usage":{"prompt_tokens":3,"completion_tokens":1,"input_tokens":2}',
    '"error":null',
    '"x_groq":{"id":"a"}',
  ),
  inner: usually<string | undefined>(
    undefined,
    '"role":"assistant"',
    '"refusal":null',
    '"reasoning":"so"',
    '"content":"twice"',
    '"text":"twice"',
    '"audio":{"id":"x","data":"eA=="}',
    '"novelty":{"a":[1]}',
  ),
  ending: usually('null', '""', '"stop"', '"length"', '{}'),
  reversed: usually(false, true),
  space: usually('', ' ', '\t'),
  colon: usually(': ', ':', ':  '),
  named: usually(true, false),
})
type Style = typeof style extends fc.Arbitrary<infer S> ? S : never

const step = fc.record({
  style: fc.option(style, { freq: 5, nil: undefined }),
  piece,
  spelling: fc.oneof(
    { arbitrary: fc.constantFrom<Spelling>('plain', 'ascii'), weight: 12 },
    { arbitrary: fc.constantFrom<Spelling>('slashes', 'raw', 'broken'), weight: 1 },
  ),
  padding: fc.oneof(
    { arbitrary: fc.stringMatching(/^[a-zA-Z0-9]{0,8}$/), weight: 8 },
    { arbitrary: fc.constantFrom('\\u0041', '"', '\\'), weight: 1 },
  ),
  number: usually('', '007', '1.5', '-1', '1e3', '12345678901234567890'),
  between: usually('', ': comment\n\n', ': comment\n', '\n', 'id: 7\n', 'event: error\n', 'data: \n'),
})
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

type Said = { readonly event?: string; readonly json: string }
type Write = (text: string, style: Style, step: Step, ordinal: number) => Said

const object = (members: (string | undefined)[], { reversed, space }: Style): string => {
  const given = members.filter((member) => member !== undefined)
  return `{${space}${(reversed ? given.toReversed() : given).join(`,${space}`)}}`
}

const chat: Write = (text, style, { padding }) => {
  const says = [
    `"content":${text}`,
    `"content":${text}`,
    `"reasoning_content":${text},"content":null`,
    `"reasoning":${text}`,
    `"tool_calls":[{"index":${style.index},"function":{"arguments":${text}}}]`,
    `"tool_calls":[{"index":${style.index},"id":"c${style.index}","type":"function","function":{"name":"f","arguments":${text}}}]`,
  ][style.kind]
  const choice = object(
    [
      `"index":${style.kind === 1 ? style.index : 0}`,
      `"delta":${object([style.inner, says], style)}`,
      `"finish_reason":${style.ending}`,
    ],
    style,
  )
  return {
    json: object(
      [
        `"id":"${style.id}"`,
        '"model":"m"',
        `"choices":[${choice}]`,
        style.more,
        `"obfuscation":"${padding}"`,
      ],
      style,
    ),
  }
}

const messages: Write = (text, style) => {
  const delta = [
    `"type":"text_delta","text":${text}`,
    `"type":"thinking_delta","thinking":${text}`,
    `"type":"input_json_delta","partial_json":${text}`,
    `"type":"text_delta","text":${text}`,
    `"type":"signature_delta","signature":${text}`,
    `"type":"novel_delta","text":${text}`,
  ][style.kind]
  return {
    event: 'content_block_delta',
    json: object(
      [
        '"type":"content_block_delta"',
        `"index":${style.index}`,
        `"delta":${object([delta, style.inner], style)}`,
        style.more,
      ],
      style,
    ),
  }
}

const RESPONSES = [
  'output_text',
  'output_text',
  'refusal',
  'reasoning_summary_text',
  'function_call_arguments',
  'reasoning_text',
]

const responses: Write = (text, style, { padding, number }, ordinal) => {
  const type = `response.${RESPONSES[style.kind]}.delta`
  return {
    event: type,
    json: object(
      [
        `"type":"${type}"`,
        `"sequence_number":${number === '' ? ordinal : number}`,
        `"item_id":"i${style.index}"`,
        `"output_index":${style.index}`,
        '"content_index":0,"summary_index":0',
        `"delta":${text}`,
        style.more,
        `"obfuscation":"${padding}"`,
      ],
      style,
    ),
  }
}

const frame = ({ event, json }: Said, { named, colon }: Style): string =>
  `${event === undefined || !named ? '' : `event${colon}${event}\n`}data${colon}${json}\n\n`

const OPENINGS = {
  chat: ['{"id":"r1","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}'],
  messages: [
    '{"type":"message_start","message":{"id":"r1","model":"m","content":[]}}',
    '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
    '{"type":"content_block_start","index":1,"content_block":{"type":"thinking","thinking":""}}',
    '{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"c","name":"f","input":{}}}',
  ],
  responses: [
    '{"type":"response.created","response":{"id":"r1","model":"m"}}',
    '{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"i0"}}',
    '{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","id":"i1","call_id":"c","name":"f","arguments":""}}',
    '{"type":"response.output_item.added","output_index":2,"item":{"type":"reasoning","id":"i2","summary":[]}}',
  ],
}
const WRITE = { chat, messages, responses }

/** Protocols that have a fast path. */
export type Skimmed = keyof typeof WRITE

/** The bytes of a stream in one of them, cut anywhere. */
export function wireStream(protocol: Skimmed): fc.Arbitrary<Buffer[]> {
  const steps = fc.array(step, { minLength: 1, maxLength: 14 })
  const cuts = fc.oneof(
    fc.constant<number[]>([]),
    fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }),
  )
  const newline = usually('\n', '\r\n', '\r')
  return fc
    .tuple(style, steps, cuts, newline, fc.constantFrom('whole', 'frames', 'lines'), fc.boolean())
    .map(([first, all, where, lineEnd, by, isBegun]) => {
      let current = first
      const frames = isBegun ? OPENINGS[protocol].map((json) => `data: ${json}\n\n`) : []
      for (const [ordinal, one] of all.entries()) {
        current = one.style ?? current
        const said = WRITE[protocol](SPELLINGS[one.spelling](one.piece), current, one, ordinal)
        frames.push(one.between + frame(said, current))
      }
      frames.push('data: [DONE]\n\n')
      const lines = frames.flatMap((text) => text.split(/(?<=^[^\n]*\n)/))
      const pieces = { whole: [frames.join('')], frames, lines }[by]
      return pieces.flatMap((text) => cut(Buffer.from(text.replaceAll('\n', lineEnd)), where))
    })
}

function cut(bytes: Buffer, where: readonly number[]): Buffer[] {
  const points = where.map((share) => Math.floor(share * bytes.length)).toSorted((a, b) => a - b)
  return [...points, bytes.length].map((end, index) => bytes.subarray(points[index - 1] ?? 0, end))
}
