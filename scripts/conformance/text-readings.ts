import { asObject, asString, isObject, parseJson } from '../../src/ir/json.ts'
import { mapTexts, objectsIn, type Draft, type Reading } from './reading.ts'
import { CLIENT_SEARCH } from './search-reading.ts'

/** The form of what another provider's own tools did. */
export const ELSEWHERE = 'tools run elsewhere'

/** Texts and media that arrive in another form. Ways of wrapping are undone before white space is left out. */
export const TEXT_READINGS: readonly Reading[] = [
  {
    id: 'wrapped results',
    form: 'Gemini takes objects as results of tools: a text is the member `output`, or `error`',
    read(want, got, { from, to }) {
      for (const [draft, protocol] of [
        [want, from],
        [got, to],
      ] as const)
        if (protocol === 'gemini')
          mapTexts(draft, (text, place) => (place === 'result' ? unwrapped(text) : text))
    },
  },
  CLIENT_SEARCH,
  {
    id: 'errors',
    form: 'that a tool failed is told by the prefix `Error:` where results have no field for it',
    read(want, got, { wire, to }) {
      if (to !== 'chat' && to !== 'responses') return
      const failed = failures(wire)
      eachResult(want, got, (_, result, index) => {
        if (failed[index]) result.text = result.text.replace(/^Error: ?/, '')
      })
    },
  },
  {
    id: 'media after results',
    form: 'Chat has text alone in results: media follow in a user message, and a text says where they were',
    read(_, got, { to }) {
      if (to !== 'chat') return
      const mark = /\[(?:image|document) \d+ of the tool result [^\]]*\]/g
      mapTexts(got, (text, place) =>
        place === 'result' || place === 'user' ? text.replaceAll(mark, '') : text,
      )
    },
  },
  {
    id: 'fetched media',
    form: 'what stands at a URL is fetched and sent as bytes where the upstream fetches nothing',
    read(want, got, { body }) {
      const sentBytes = JSON.stringify(body)
      for (const [index, turn] of want.turns.entries())
        for (const media of turn.media) {
          const fetched = FETCHED[media.kind]
          if (media.inline || fetched === undefined || !sentBytes.includes(fetched)) continue
          if (got.turns[index]?.media.some(({ inline, size }) => inline && size === fetched.length))
            Object.assign(media, { inline: true, size: fetched.length })
        }
    },
  },
  {
    id: 'text documents',
    form: 'a document of plain text is sent as text, below its title',
    read(want, got, { wire, to }) {
      for (const { mimeType, mime_type: mime, data } of objectsIn(wire)) {
        const type = asString(mimeType ?? mime) ?? ''
        if (!type.startsWith('text/') || typeof data !== 'string') continue
        const text = Buffer.from(data, 'base64').toString('utf8')
        for (const turn of want.turns)
          for (const media of turn.media)
            if (media.inline && media.size === data.length) media.size = text.length
        if (to !== 'messages') dropDocument(want, got, text)
      }
      if (to === 'messages') return
      for (const { type, source } of objectsIn(wire)) {
        const { type: form, data } = asObject(source)
        if (type === 'document' && form === 'text' && typeof data === 'string') dropDocument(want, got, data)
      }
    },
  },
  {
    id: 'tool references',
    form: 'a result that names tools to load is told as text',
    read(_, got, { wire }) {
      for (const { type, tool_name: name } of objectsIn(wire)) {
        if (type !== 'tool_reference' || typeof name !== 'string') continue
        const told = [`[tool ${name} is available now]`, `Tool available: ${name}`]
        mapTexts(got, (text, place) =>
          place === 'result' ? told.reduce((left, words) => left.replace(words, ''), text) : text,
        )
      }
    },
  },
  {
    id: ELSEWHERE,
    form: 'what a tool of another provider was asked and what it found is told as text in the history, as far as the client was shown it',
    read(want, got) {
      const bare = (text: string, place: string): string =>
        place === 'assistant' || place === 'user' ? withoutTold(text) : text
      mapTexts(got, bare)
      mapTexts(want, bare)
    },
  },
  {
    id: 'compaction',
    form: 'a summary of what was compacted is told as text',
    read(_, got, { wire }) {
      for (const { type, content } of objectsIn(wire))
        if (type === 'compaction' && typeof content === 'string')
          mapTexts(got, (text, place) => (place === 'assistant' ? text.replace(content, '') : text))
    },
  },
  {
    id: 'refusals in the history',
    form: 'a refusal is told as text',
    read(want, got, { wire, to }) {
      if (to === 'responses') return
      for (const { type, refusal, text: said } of objectsIn(wire)) {
        const words = refusal ?? said
        if (type !== 'refusal' || typeof words !== 'string') continue
        const bare = (text: string, place: string): string =>
          place === 'assistant' ? text.replace(words, '') : text
        mapTexts(got, bare)
        mapTexts(want, bare)
      }
    },
  },
  {
    id: 'instructions within the conversation',
    form: 'an instruction within the conversation is user text in `<system-reminder>` tags, in its place',
    read(_, got) {
      const tags = /<system-reminder>\n([^]*?)\n<\/system-reminder>/g
      const told: string[] = []
      for (const turn of got.turns)
        if (turn.role === 'user')
          turn.text = turn.text.replaceAll(tags, (_all, text: string) => (told.push(text), ''))
      got.system += told.join('')
    },
  },
  {
    id: 'minimal turns',
    form: 'where the user must speak first or last and does not, a word is put in: `Begin.`, `Continue.`',
    read(want, got, { to }) {
      if (to !== 'messages' && to !== 'gemini') return
      const [opening] = want.turns
      if (opening?.role !== 'user' || opening.text.trim() === '') strip(got.turns[0], 'Begin.')
      if (want.turns.at(-1)?.role === 'assistant') strip(got.turns.at(-1), 'Continue.')
    },
  },
]

/** The last resort. */
export const JOINED_TEXTS: Reading = {
  id: 'joined texts',
  form: 'texts that a protocol has no blocks for are joined by line breaks or blank lines',
  read(want, got) {
    for (const draft of [want, got]) mapTexts(draft, (text) => text.replaceAll(/\s+/g, ''))
  },
}

/** Base64 of what the conformance run gives for every URL, by kind. */
export const FETCHED: Readonly<Record<string, string>> = { image: 'aW1hZ2U=', document: 'ZG9jdW1lbnQ=' }

function strip(turn: Draft['turns'][number] | undefined, word: string): void {
  if (turn?.role !== 'user') return
  if (turn.text.startsWith(word)) turn.text = turn.text.slice(word.length)
  else if (turn.text.endsWith(word)) turn.text = turn.text.slice(0, -word.length)
}

function unwrapped(text: string): string {
  const value = parseJson(text)
  if (!isObject(value) || Object.keys(value).length !== 1) return text
  const inner = value['output'] ?? value['error'] ?? value['result']
  if (inner === undefined) return text
  return typeof inner === 'string' ? inner : JSON.stringify(inner)
}

type Result = Draft['turns'][number]['toolResults'][number]

function eachResult(
  want: Draft,
  got: Draft,
  visit: (want: Result, got: Result, index: number) => void,
): void {
  const wanted = want.turns.flatMap((turn) => turn.toolResults)
  for (const [index, result] of got.turns.flatMap((turn) => turn.toolResults).entries())
    if (wanted[index] !== undefined) visit(wanted[index], result, index)
}

/** For each result of the client's request whether it says that the tool failed. */
function failures(wire: unknown): readonly boolean[] {
  const found: boolean[] = []
  for (const object of objectsIn(wire)) {
    if (object['type'] === 'tool_result') found.push(object['is_error'] === true)
    const response = object['functionResponse'] ?? object['function_response']
    if (response !== undefined) found.push('error' in asObject(asObject(response)['response']))
  }
  return found
}

/** Takes a document out of what was wanted when its text stands in what was sent. */
function dropDocument(want: Draft, got: Draft, text: string): void {
  for (const [index, turn] of got.turns.entries()) {
    const wanted = want.turns[index]
    const at = wanted?.media.findIndex(
      ({ kind, inline, size }) => kind === 'document' && (!inline || size === text.length),
    )
    if (wanted === undefined || at === undefined || at < 0) continue
    for (const holder of [turn, ...turn.toolResults]) {
      if (!holder.text.includes(text)) continue
      holder.text = holder.text.replace(text, '').replace(/\[document(?:: [^\]]*)?\]/, '')
      wanted.media.splice(at, 1)
      break
    }
  }
}

const TOLD =
  /^\[(?:tool-search|tools found|web-search|web_search|web-fetch|code-execution|mcp|file-search|image-generation|Result of tool call)/

/** The text without what was told in brackets of tools, and of what they found. */
export function withoutTold(text: string): string {
  let out = ''
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '[' || !TOLD.test(text.slice(at, at + 40))) {
      out += text[at]
      continue
    }
    at = closing(text, at)
    const list = /^\n(?:- [^\n]*\n?)+/.exec(text.slice(at + 1))
    at += list?.[0].length ?? 0
  }
  return out
}

/** Where a bracket is closed; brackets in JSON strings do not count. */
function closing(text: string, from: number): number {
  let depth = 0
  let quoted = false
  for (let at = from; at < text.length; at++) {
    const sign = text[at]
    if (quoted && sign === '\\') at++
    else if (sign === '"') quoted = !quoted
    else if (!quoted && sign === '[') depth++
    else if (!quoted && sign === ']' && --depth === 0) return at
  }
  return text.length - 1
}
