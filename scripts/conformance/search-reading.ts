import { asArray, asObject, asString } from '../../src/ir/json.ts'
import type { JsonObject } from '../../src/ir/json.ts'
import type { DraftTurn, Reading } from './reading.ts'

const NAME = 'tool_search'

/** The search for tools that a Responses client executes, which only its own protocol has items for. */
export const CLIENT_SEARCH: Reading = {
  id: 'searches of the client',
  form: 'a search for tools that the client executes is a function; its result tells the names of what it found',
  read(_, got, { from, to, wire }) {
    if (from !== 'responses' || to === 'responses') return
    const ofClient = (value: unknown) => asArray(value).map(asObject).filter(isOfClient)
    if (ofClient(wire['tools']).length > 0) got.tools = got.tools.filter(({ name }) => name !== NAME)
    const items = ofClient(wire['input'])
    for (const item of items)
      if (item['type'] === 'tool_search_call') takeCall(got.turns, JSON.stringify(item['arguments']))
      else takeResult(got.turns, namesIn(item['tools']))
  },
}

const isOfClient = ({ type, execution }: JsonObject): boolean =>
  String(type).startsWith(NAME) && execution === 'client'

function takeCall(turns: readonly DraftTurn[], input: string): void {
  for (const turn of turns) {
    const at = turn.toolCalls.findIndex(({ name, args }) => name === NAME && JSON.stringify(args) === input)
    if (at < 0) continue
    turn.toolCalls.splice(at, 1)
    return
  }
}

function takeResult(turns: readonly DraftTurn[], names: readonly string[]): void {
  const lines = names.map((name) => `- ${name}`)
  const told =
    lines.length === 0
      ? 'No tools were found.'
      : ['These tools were found and are declared now. Call them by these names:', ...lines].join('\n')
  for (const turn of turns) {
    const at = turn.toolResults.findIndex(({ text }) => text === told)
    if (at < 0) continue
    turn.toolResults.splice(at, 1)
    return
  }
}

function namesIn(tools: unknown, namespace = ''): readonly string[] {
  return asArray(tools)
    .map(asObject)
    .flatMap(({ type, name, tools: inner }) =>
      type === 'namespace'
        ? namesIn(inner, `${asString(name) ?? ''}__`)
        : `${namespace}${asString(name) ?? ''}`,
    )
}
