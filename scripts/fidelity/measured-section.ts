import { readFileSync } from 'node:fs'
import { EXCEPTIONS, REFUSALS } from '../conformance/exceptions.ts'
import { FIGURES_FILE, shares, sumOf, type Figures, type PairFigures } from '../conformance/figures.ts'
import { ANSWER_READINGS } from '../conformance/responses.ts'
import { JOINED_TEXTS, TEXT_READINGS } from '../conformance/text-readings.ts'
import { TOOL_READINGS } from '../conformance/tool-readings.ts'

const INTRODUCTION = `## Measured on recorded traffic

\`npm run conformance\` takes recorded exchanges with real APIs through the gateway's own lanes and compares meanings with tools
that share no code with Dragoman. The recordings are no part of this repository; these figures are those of the last run
(\`npm run conformance -- --record\`). Requests go to models that take most of what their protocol knows: Claude Sonnet 4.6, GPT-4.1,
Gemini 3 Pro.

- **the same**: nothing differs, or only the form, which was read back and compared to the letter
- **explained**: something differs, for a reason that is listed below. Nothing differs for any other
- **refused**: the client gets an error that says why. Not among what was compared
`

const MATRICES = {
  requests: 'Requests, as they reach an upstream of another protocol',
  responses: 'Answers, whole and streamed, as they reach a client of another protocol',
  'round trips':
    'Next turns: an answer that a client sends back with its results, as its upstream gets it again',
  passthrough: 'Passed through: the bytes of requests and answers where both sides speak one protocol',
} as const

const TITLES: Readonly<Record<string, string>> = {
  messages: 'Messages',
  chat: 'Chat',
  responses: 'Responses',
  gemini: 'Gemini',
  completions: 'Completions',
}

/** What recorded traffic shows, from the figures that are kept in the repository. */
export function measuredSection(): string {
  const figures = JSON.parse(readFileSync(FIGURES_FILE, 'utf8')) as Figures
  const matrices = Object.entries(MATRICES).flatMap(([matrix, title]) => [
    `### ${title}\n`,
    table(figures.pairs.filter((pair) => pair.matrix === matrix)),
  ])
  const forms = [...TOOL_READINGS, ...TEXT_READINGS, JOINED_TEXTS, ...ANSWER_READINGS]
  return [
    INTRODUCTION,
    ...matrices,
    '### Other forms\n',
    list(
      forms.map(({ id, form }) => ({ id, reason: form })),
      figures.forms,
    ),
    '### Exceptions\n',
    list(EXCEPTIONS, figures.exceptions),
    '### Refused\n',
    list(REFUSALS, figures.refusals),
  ].join('\n')
}

function table(pairs: readonly PairFigures[]): string {
  const rows = pairs.map((pair) => row(name(pair), pair))
  return [
    '| | compared | the same | of that in another form | explained | refused |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    row('**all**', sumOf(pairs)),
    '',
  ].join('\n')
}

/** No client speaks Gemini, and no upstream is spoken to in Completions: those recordings are extras. */
function name({ matrix, from, to }: PairFigures): string {
  const isExtra =
    (matrix === 'requests' && from === 'gemini') || (matrix === 'responses' && from === 'completions')
  return `${TITLES[from]} → ${TITLES[to]}${isExtra ? ' (extra)' : ''}`
}

function row(title: string, pair: Omit<PairFigures, 'matrix' | 'from' | 'to'>): string {
  const { same } = shares(pair)
  const { cells, refused, otherwise, explained } = pair
  return `| ${title} | ${cells - refused} | ${same} % | ${otherwise} | ${explained} | ${refused} |`
}

type Told = { readonly id: string; readonly reason: string }

/** What was met at least once, the most frequent first. */
function list(all: readonly Told[], counts: Readonly<Record<string, number>>): string {
  const met = all.filter(({ id }) => counts[id] !== undefined)
  return [
    '| | times | |',
    '| --- | --- | --- |',
    ...met
      .toSorted((a, b) => counts[b.id]! - counts[a.id]!)
      .map(({ id, reason }) => `| ${id} | ${counts[id]} | ${reason.replaceAll('|', '\\|')} |`),
    '',
  ].join('\n')
}
