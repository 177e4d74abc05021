import { asArray, asObject, asString, isObject, type JsonObject } from '../../src/ir/json.ts'
import { objectsIn, type Draft, type Reading } from './reading.ts'

/** Tools, calls and choices that arrive in another form. */
export const TOOL_READINGS: readonly Reading[] = [
  {
    id: 'tools in the input',
    form: 'tools that the input brings, and those of namespaces, are declared with all others; a namespace is part of the name',
    read(want, _, { from, wire, to }) {
      if (from !== 'responses') return
      const plain = new Set(declared(wire['tools'], undefined))
      const inInput = asArray(wire['input']).flatMap((item) => declared(asObject(item)['tools'], undefined))
      if (to !== 'responses') want.tools = [...new Set([...plain, ...inInput])].map((name) => ({ name }))
      const calls = asArray(wire['input'])
        .map(asObject)
        .filter(({ type }) => type === 'function_call' || type === 'custom_tool_call')
      const wanted = want.turns.flatMap((turn) => turn.toolCalls)
      for (const [index, { name, namespace }] of calls.entries()) {
        const isPlain = name === namespace && plain.has(String(name))
        const call = wanted[index]
        if (call !== undefined && typeof namespace === 'string' && to !== 'responses')
          call.name =
            isPlain || isFound(name, namespace, inInput) ? String(name) : `${namespace}__${String(name)}`
      }
    },
  },
  {
    id: 'free-form calls',
    form: 'the call of a free-form tool is an object with the one string `input`',
    read(want, got) {
      const calls = got.turns.flatMap((turn) => turn.toolCalls)
      for (const [index, call] of want.turns.flatMap((turn) => turn.toolCalls).entries())
        if (typeof call.args === 'string' && isObject(calls[index]?.args)) call.args = { input: call.args }
    },
  },
  {
    id: 'undeclared tools',
    form: 'tools of the history that are no longer declared are declared with the choice `none`: Messages wants every tool that was called',
    read(want, got, { to }) {
      if (to !== 'messages' || want.tools.length > 0 || got.toolChoice !== 'none') return
      const called = new Set(want.turns.flatMap((turn) => turn.toolCalls.map(({ name }) => name)))
      if (!got.tools.every(({ name }) => called.has(name))) return
      got.tools = []
      got.toolChoice = want.toolChoice
    },
  },
  {
    id: 'deferred tools',
    form: 'tools to be loaded later are declared at once, after the others: clients move them there when they load them',
    read(want, _, { from, to, wire }) {
      if (from !== 'messages' || to === 'messages') return
      const deferred = new Set(
        asArray(wire['tools'])
          .map(asObject)
          .filter((tool) => tool['defer_loading'] === true)
          .map(({ name }) => String(name)),
      )
      const isDeferred = ({ name }: { name: string }) => deferred.has(name)
      want.tools = [...want.tools.filter((tool) => !isDeferred(tool)), ...want.tools.filter(isDeferred)]
    },
  },
  {
    id: 'strict calls',
    form: 'Gemini keeps calls to their schemas by the mode VALIDATED, others by `strict` tools and the choice `auto`',
    read(want, got) {
      for (const [one, other] of [
        [got, want],
        [want, got],
      ] as const)
        if (one.toolChoice === 'validated' && (other.toolChoice ?? 'auto') === 'auto')
          one.toolChoice = other.toolChoice
    },
  },
  {
    id: 'allowed tools',
    form: 'a choice among some tools names those that are allowed; Messages is given these alone',
    read(want, got, { wire, body, to }) {
      const allowed = allowedIn(wire)
      if (allowed === undefined) return
      const sent = to === 'messages' ? got.tools.map(({ name }) => name) : allowedIn(body)
      if (sent === undefined || sent.toSorted().join() !== allowed.toSorted().join()) return
      got.toolChoice = want.toolChoice
      if (to === 'messages') want.tools = want.tools.filter(({ name }) => allowed.includes(name))
    },
  },
  {
    id: 'stop sequences',
    form: 'stop sequences that the upstream does not take are enforced by Dragoman, which cuts the answer there',
    read(want, got, { to }) {
      // Responses knows none, Claude none of white space alone.
      const taken = want.stop.filter((stop) => to !== 'messages' || stop.trim() !== '')
      const limit = to === 'responses' ? 0 : to === 'chat' ? 4 : 5
      const sent = to === 'messages' ? taken : taken.slice(0, limit)
      if (got.stop.join('\0') === sent.join('\0')) got.stop = [...want.stop]
    },
  },
  {
    id: 'neutral values',
    form: '`top_p: 1` asks for nothing and is not sent beside a temperature',
    read(want: Draft & { topP?: unknown }, got: Draft & { topP?: unknown }) {
      if (want.topP === 1 && (got.topP ?? null) === null) want.topP = null
    },
  },
]

/** Names of functions and free-form tools, those of namespaces with it. */
function declared(tools: unknown, namespace: string | undefined): readonly string[] {
  return asArray(tools)
    .map(asObject)
    .flatMap(({ type, name, tools: inner }) => {
      if (type === 'namespace') return declared(inner, asString(name))
      if (type !== 'function' && type !== 'custom') return []
      return namespace === undefined ? [String(name)] : [`${namespace}__${String(name)}`]
    })
}

const isFound = (name: unknown, namespace: string, found: readonly string[]): boolean =>
  name === namespace && found.includes(name)

/** The names of a choice among some tools, in whatever protocol; undefined when there is none. */
function allowedIn(wire: JsonObject): readonly string[] | undefined {
  for (const object of objectsIn([wire['tool_choice'], wire['toolConfig'], wire['tool_config']])) {
    const names = object['allowedFunctionNames'] ?? object['allowed_function_names']
    if (Array.isArray(names)) return names.map(String)
    if (Array.isArray(object['tools']))
      return object['tools']
        .map(asObject)
        .map((tool) => String(tool['name'] ?? asObject(tool['function'])['name']))
  }
  return undefined
}
