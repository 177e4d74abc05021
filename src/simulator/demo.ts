import { once as happened } from 'node:events'
import { createGateway } from '../index.ts'
import { configOf } from './demo/config.ts'
import { mask } from '../log.ts'
import { asObject, parseJson } from '../ir/json.ts'
import type { JsonObject } from '../ir/json.ts'
import { added, chatToFoundry, CITY, messagesToAzure, WEATHER } from './demo/conversations.ts'
import type { Conversation } from './demo/conversations.ts'
import { createScreen } from './demo/screen.ts'
import type { Screen } from './demo/screen.ts'
import { talk } from './demo/talk.ts'
import type { Heard } from './demo/talk.ts'
import { partsOf } from './script.ts'
import { startSimulator } from './simulator.ts'
import type { Simulator } from './simulator.ts'

export type DemoOptions = {
  /** Ends after the conversations instead of staying up for requests of one's own. */
  readonly once: boolean
  readonly write: (text: string) => void
  readonly color: boolean
}

const AZURE_KEY = 'azure-simulated-7f3a91'
const FOUNDRY_KEY = 'foundry-simulated-b52c08'

/**
 * Shows the main job without an account: a gateway as `dragoman start` runs it, and simulated upstreams behind
 * it, on loopback. Returns the exit code: 1 when an answer was not as the upstream gave it.
 */
export async function runDemo({ once, write, color }: DemoOptions): Promise<number> {
  const screen = createScreen(write, { color })
  const simulator = await startSimulator({
    keys: [AZURE_KEY, FOUNDRY_KEY],
    deployments: { 'gpt-5.2': 'gpt-5.2', 'claude-sonnet-4-6': 'claude-sonnet-4-6' },
    faults: { pacingMs: 25 }, // a pace that people can follow
  })
  const config = configFor(simulator.url)
  const gateway = await createGateway(configOf(config))
  try {
    const { url } = await gateway.listen()
    introduce(screen, config, url, simulator.url)
    const faults = [
      ...(await converse(messagesToAzure, url, simulator, screen)),
      ...(await converse(chatToFoundry, url, simulator, screen)),
    ]
    conclude(screen, faults)
    invite(screen, url, once)
    if (!once) {
      await Promise.race([happened(process, 'SIGINT'), happened(process, 'SIGTERM')])
    }
    return faults.length === 0 ? 0 : 1
  } finally {
    await gateway.close({ drainMs: 0 })
    await simulator.close()
  }
}

function configFor(upstream: string): string {
  return `server: { port: 0 }                 # any free port
providers:
  azure:   { type: azure-openai,  endpoint: "${upstream}", apiKey: ${AZURE_KEY} }
  foundry: { type: azure-foundry, baseUrl: "${upstream}/anthropic", apiKey: ${FOUNDRY_KEY} }
models:                             # what clients ask for → where it goes
  "claude-*": azure/gpt-5.2
  "gpt-*":    foundry/claude-sonnet-4-6
`
}

function introduce(screen: Screen, config: string, gateway: string, simulator: string): void {
  screen.heading('Dragoman demo')
  screen.line(
    'The gateway is real. The upstreams are SIMULATED: a small server in this process that speaks and',
  )
  screen.line('checks the protocols of Azure OpenAI and of Claude on Azure AI Foundry. No account, no model,')
  screen.line('nothing leaves this machine; every simulated text begins with “[simulated]”.\n')
  screen.line(`  gateway    ${gateway}`)
  screen.line(`  upstreams  ${simulator}\n`)
  screen.label('The config, as it would stand in dragoman.yaml:')
  screen.line(config.replace(/^/gm, '  ').trimEnd())
}

/** Holds one conversation and shows it. Returns what was not as promised. */
async function converse(
  conversation: Conversation,
  url: string,
  simulator: Simulator,
  screen: Screen,
): Promise<string[]> {
  const scene = { url, simulator, screen }
  screen.heading(conversation.title)
  screen.label(`The client asks: POST ${conversation.path}`)
  screen.body(conversation.first)
  const first = await turn(conversation, conversation.first, {}, scene)
  const faults = [...first.faults, ...callFaults(first.heard, conversation)]
  const call = first.heard?.call
  if (call === undefined) return report(screen, conversation, faults)

  const body = conversation.second(call)
  screen.label('\nThe client runs the tool and sends its result, with everything before it:')
  screen.body(added(body, conversation.first))
  const second = await turn(conversation, body, first.received, scene)
  faults.push(...second.faults, ...textFaults(second.heard, conversation))
  return report(screen, conversation, faults)
}

type Scene = { readonly url: string; readonly simulator: Simulator; readonly screen: Screen }

type Turn = {
  /** Absent when the gateway gave no answer. */
  readonly heard?: Heard
  /** What reached the upstream. */
  readonly received: JsonObject
  readonly faults: readonly string[]
}

async function turn(
  conversation: Conversation,
  body: JsonObject,
  before: JsonObject,
  { url, simulator, screen }: Scene,
): Promise<Turn> {
  void simulator.next().then((request) => {
    const key = request.headers['api-key'] ?? request.headers['x-api-key'] ?? ''
    screen.label(`\nThe upstream receives: POST ${request.path} (key ${mask(key)})`)
    screen.body(added(request.body, before))
    screen.label('\nThe answer, as it arrives at the client:')
    screen.live('  ')
  })
  let heard: Heard
  try {
    heard = await talk(url, conversation, body, {
      onText: (text) => screen.live(text),
      onCall: (name) => screen.live(`→ ${name} `),
    })
  } catch (error) {
    return { received: {}, faults: [`no answer: ${error instanceof Error ? error.message : String(error)}`] }
  }
  screen.line()
  if (heard.status !== 200) return { heard, received: {}, faults: [`HTTP ${heard.status}: ${heard.problem}`] }
  const target = heard.headers.get('x-dragoman-target') ?? 'unknown'
  screen.note(`  (${heard.finish}, ${heard.output} tokens, from ${target})`)
  return { heard, received: simulator.last.body, faults: transportFaults(heard, conversation, simulator) }
}

// What was promised

/** Nothing lost on the way, in either direction. */
function transportFaults(heard: Heard, conversation: Conversation, simulator: Simulator): string[] {
  const request = simulator.last
  const said = partsOf(request.answer ?? {})
  const text = said.map((part) => ('text' in part ? part.text : '')).join('')
  const dropped = heard.headers.get('x-dragoman-dropped')
  return [
    ...(request.path === conversation.upstreamPath ? [] : [`the request arrived at ${request.path}`]),
    ...(heard.text === text ? [] : [`the upstream said “${text}”, the client heard “${heard.text}”`]),
    ...(heard.output > 0 ? [] : ['the usage was lost']),
    ...(dropped === null ? [] : [`dropped on the way: ${dropped}`]),
  ]
}

function callFaults(heard: Heard | undefined, { finishes }: Conversation): string[] {
  if (heard?.call === undefined) return ['the tool call was lost']
  const { call, finish } = heard
  const city = asObject(parseJson(call.input)).city
  return [
    ...(city === CITY ? [] : [`the tool's arguments arrived as ${call.input}`]),
    ...(finish === finishes[0] ? [] : [`the turn with the call ended with “${finish}”`]),
  ]
}

function textFaults(heard: Heard | undefined, { finishes }: Conversation): string[] {
  if (heard === undefined) return []
  const { text, finish } = heard
  return [
    ...(text.includes(WEATHER) ? [] : [`the tool's result was lost: “${text}”`]),
    ...(finish === finishes[1] ? [] : [`the last turn ended with “${finish}”`]),
  ]
}

// Endings

function report(screen: Screen, { title }: Conversation, faults: readonly string[]): string[] {
  screen.line()
  if (faults.length === 0) screen.good('tool call, result, text, stop reason and usage arrived whole')
  for (const fault of faults) screen.bad(fault)
  return faults.map((fault) => `${title}: ${fault}`)
}

function conclude(screen: Screen, faults: readonly string[]): void {
  screen.heading(faults.length === 0 ? 'All as promised' : 'Not as promised')
  for (const fault of faults) screen.bad(fault)
  if (faults.length === 0)
    screen.line('Two protocols in, two other protocols out, and nothing lost between them.')
}

function hello(model: string, limit: string): string {
  return `{"model":"${model}",${limit}"stream":true,"messages":[{"role":"user","content":"Hello!"}]}`
}

function invite(screen: Screen, url: string, once: boolean): void {
  screen.label(
    `\nTry it yourself${once ? ' (without --once the gateway stays up)' : ''}; the upstreams stay simulated:\n`,
  )
  screen.line(
    `curl -N ${url}/v1/messages -H 'content-type: application/json' -d '${hello('claude-sonnet-4-6', '"max_tokens":200,')}'\n`,
  )
  screen.line(
    `curl -N ${url}/v1/chat/completions -H 'content-type: application/json' -d '${hello('gpt-5.2', '')}'\n`,
  )
  screen.line(`ANTHROPIC_BASE_URL=${url} ANTHROPIC_AUTH_TOKEN=demo claude -p 'Hello!'\n`)
  if (!once) screen.note('Ctrl-C ends the demo.')
}
