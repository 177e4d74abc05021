import type { Ask, Medium, OfferedTool, ToolOutcome } from './ask.ts'
import { asObject, isObject } from '../ir/json.ts'
import type { JsonObject } from '../ir/json.ts'
import { sampleOf } from './sample.ts'
import type { Answer, AnswerPart, ScriptedToolCall } from './script.ts'

/** What every text begins with, so that nobody takes the simulator for a model. */
export const MARK = '[simulated]'
const QUOTED = 2000

/**
 * What the simulator answers when nothing is scripted: deterministic, and plainly no model. It calls tools that
 * the user asks for, tells what tool results brought, counts the files it got, and keeps to a wanted schema.
 */
export function think(ask: Ask): Answer {
  const spoken = speak(ask)
  if (!ask.thinking) return { parts: spoken }
  return { parts: [{ thinking: thoughtsOn(ask, spoken) }, ...spoken] }
}

function speak(ask: Ask): AnswerPart[] {
  if (ask.outcomes.length > 0) return [{ text: `${MARK} ${retell(ask)}` }]
  const calls = callsFor(ask)
  if (calls.length > 0) return calls.map((toolCall) => ({ toolCall }))
  if (ask.json !== undefined) return [{ text: JSON.stringify(jsonFor(ask.json)) }]
  return [{ text: `${MARK} ${reply(ask)}` }]
}

function thoughtsOn(ask: Ask, spoken: readonly AnswerPart[]): string {
  const plan = spoken.flatMap((part) => ('toolCall' in part ? [part.toolCall.name] : []))
  const next = plan.length > 0 ? `I shall call ${plan.join(' and ')}.` : 'I can answer at once.'
  return `${MARK} The user wrote ${ask.userText.length} characters. ${next}`
}

function jsonFor(wanted: true | JsonObject): unknown {
  return wanted === true ? { simulated: true } : sampleOf(wanted)
}

// Texts

function reply(ask: Ask): string {
  const said = ask.userText.trim()
  const dictated =
    /\b(?:reply|respond|answer) with (?:only |just |exactly |the words? )*["'`“]?([^"'`”\n]+)/i.exec(said)
  const many = /\b(?:write|say|count to) (\d{1,6})(?: words)?\b/i.exec(said)
  const answer =
    dictated?.[1] !== undefined
      ? dictated[1].trim()
      : many?.[1] !== undefined
        ? Array.from({ length: Number(many[1]) }, (_, index) => index + 1).join(' ')
        : `This is ${ask.model}, played by Dragoman's simulator. You wrote: “${quote(said)}”.`
  return [answer, ...(ask.media.length > 0 ? [`I received ${listMedia(ask.media)}.`] : [])].join(' ')
}

function retell(ask: Ask): string {
  return ask.outcomes.map(retellOne).join(' ')
}

function retellOne(outcome: ToolOutcome): string {
  const verb = outcome.isError ? 'failed with' : 'returned'
  const media = outcome.media.length > 0 ? ` and ${listMedia(outcome.media)}` : ''
  return `The tool ${outcome.name} ${verb} “${quote(outcome.text)}”${media}.`
}

function quote(text: string): string {
  return text.length <= QUOTED ? text : `${text.slice(0, QUOTED).toWellFormed()}…`
}

function listMedia(media: readonly Medium[]): string {
  const listed = media.map((medium) =>
    medium.bytes === undefined
      ? `${medium.mimeType} by reference`
      : `${medium.mimeType}, ${medium.bytes} bytes`,
  )
  const counts = (['image', 'document', 'audio'] as const)
    .map((kind) => ({ kind, count: media.filter((medium) => medium.kind === kind).length }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => `${count} ${kind}${count > 1 ? 's' : ''}`)
  return `${counts.join(' and ')} (${listed.join('; ')})`
}

// Tool calls

function callsFor(ask: Ask): ScriptedToolCall[] {
  if (ask.toolChoice === 'none' || ask.tools.length === 0) return []
  const wish = withoutReminders(ask.userText)
  const forced = ask.toolChoice
  if (typeof forced === 'object') {
    const tool = ask.tools.find(({ name }) => name === forced.name)
    return tool === undefined ? [] : [callTo(tool, wish)]
  }
  const command = commandCall(ask.tools, wish)
  const asked =
    command === undefined ? askedFor(ask.tools, wish).map((tool) => callTo(tool, wish)) : [command]
  const first = ask.tools[0]
  if (asked.length === 0 && forced === 'required' && first !== undefined) return [callTo(first, wish)]
  return ask.parallelToolCalls ? asked : asked.slice(0, 1)
}

/** Clients put instructions of their own, which name many tools, into the user's turn. */
function withoutReminders(text: string): string {
  return text.replace(/<system-reminder>[\s\S]*?<\/system-reminder>/g, '').trim()
}

/** “Run the command `X` with Bash”: a call to the tool named, or to one that looks like a shell. */
function commandCall(tools: readonly OfferedTool[], wish: string): ScriptedToolCall | undefined {
  const match =
    /\b(?:run|execute) (?:the )?(?:shell )?(?:command )?[`"']([^`"'\n]+)[`"'](?: (?:with|in|using) (?:the )?(\w+))?/i.exec(
      wish,
    )
  const command = match?.[1]
  if (command === undefined) return undefined
  const tool =
    tools.find(({ name }) => name === match?.[2]) ??
    tools.find(({ name }) => /^(?:bash|shell|exec_command|run_command|run_shell_command)$/i.test(name))
  if (tool === undefined) return undefined
  const properties = asObject(tool.schema?.properties)
  const slot = ['command', 'cmd', 'script', 'input'].find((name) => name in properties) ?? 'command'
  const asList = asObject(properties[slot]).type === 'array'
  const rest = tool.schema === undefined ? {} : asObject(sampleOf(tool.schema))
  return {
    name: tool.name,
    input: {
      ...rest,
      [slot]: asList ? ['bash', '-lc', command] : command,
      ...('description' in properties && { description: `Runs ${command}` }),
    },
  }
}

function askedFor(tools: readonly OfferedTool[], wish: string): OfferedTool[] {
  return tools
    .map((tool) => ({ tool, at: mention(tool.name, wish) }))
    .filter(({ at }) => at >= 0)
    .toSorted((a, b) => a.at - b.at)
    .map(({ tool }) => tool)
}

const VERBS = new Set(['get', 'list', 'search', 'fetch', 'read', 'find', 'lookup', 'current', 'the', 'tool'])

/**
 * Where a wish names a tool: “use X”, “the X tool”, a name that is no English word, or all the nouns of a name
 * in several words (`get_weather` in “What is the weather in Paris?”). -1 where it does not.
 */
function mention(name: string, wish: string): number {
  const literal = escape(name)
  const explicit = new RegExp(
    `\\b(?:use|call|invoke|with|via)\\s+(?:the\\s+)?(?:tool\\s+)?[\`"']?${literal}(?![\\w-])`,
    'i',
  )
  const called = wish.search(explicit)
  if (called >= 0) return called
  const asTool = wish.search(new RegExp(`(?<![\\w-])${literal}[\`"']? tool\\b`, 'i'))
  if (asTool >= 0) return asTool
  if (!/[_\d-]|[a-z][A-Z]/.test(name)) return -1
  const verbatim = wish.search(new RegExp(`(?<![\\w-])${literal}(?![\\w-])`))
  if (verbatim >= 0) return verbatim
  const nouns = name.split(/[_-]/).filter((word) => word !== '' && !VERBS.has(word.toLowerCase()))
  if (nouns.length === 0 || nouns.length > 2 || !name.includes('_')) return -1
  const places = nouns.map((noun) => wish.search(new RegExp(`\\b${escape(noun)}\\b`, 'i')))
  return places.every((place) => place >= 0) ? Math.min(...places) : -1
}

/** `RegExp.escape` is not in every Node that Dragoman runs on. */
function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}

function callTo(tool: OfferedTool, wish: string): ScriptedToolCall {
  if (tool.schema === undefined) return { name: tool.name, input: wish }
  const input = sampleOf(tool.schema, (property) => wordFor(property, wish))
  return { name: tool.name, input: isObject(input) ? input : {} }
}

/** The word of a wish that a property of this name probably means. */
function wordFor(property: string, wish: string): string | undefined {
  if (/city|location|place|town/i.test(property)) {
    return /\b(?:in|for|at|of)\s+(\p{Lu}[\p{L}-]*(?:\s\p{Lu}[\p{L}-]*)*)/u.exec(wish)?.[1] ?? 'Paris'
  }
  if (/path|file|dir/i.test(property))
    return /(?:^|[\s`"'(])(\.{0,2}\/[\w./-]*\w)/.exec(wish)?.[1] ?? '/tmp/simulated'
  if (/url|uri|link/i.test(property)) return /https?:\/\/[^\s"'`)]+/.exec(wish)?.[0] ?? 'https://example.com/'
  if (/query|prompt|question|text|input/i.test(property)) return wish === '' ? undefined : wish
  return /["'`“]([^"'`”]+)["'`”]/.exec(wish)?.[1]
}
