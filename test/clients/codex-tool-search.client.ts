import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { asArray, asObject } from '../../src/ir/json.ts'
import type { ReceivedRequest } from '../../src/simulator/received.ts'
import { startGateway } from '../support/gateway.ts'
import { ask, BACKENDS, configFor, installCodex } from './codex-session.ts'
import type { Installed } from './install.ts'
import { testFolder } from './run-client.ts'

let codex: Installed
beforeAll(async () => {
  codex = await installCodex()
})

const server = join(import.meta.dirname, 'run-client-mcp-server.mjs')
const almanac = [
  `mcp_servers.almanac.command=${JSON.stringify(process.execPath)}`,
  `mcp_servers.almanac.args=[${JSON.stringify(server)}]`,
]
const TIDE = 'mcp__almanac__tide_at_dover'
const SPAWN = 'multi_agent_v1__spawn_agent'

/** The names of the tools declared to the model, whatever its protocol wraps them in. */
const declared = ({ body }: ReceivedRequest): string[] =>
  asArray(body['tools'])
    .flatMap((tool) => asObject(tool)['functionDeclarations'] ?? [tool])
    .map((tool) => asObject(asObject(tool)['function'] ?? tool)['name'] as string)

/** Where Responses is spoken, the vendor's models know this search themselves. */
const translated = BACKENDS.filter(([, , path]) => !path.endsWith('/responses'))

describe.each(translated)('Codex on %s, which keeps most tools to itself', (_, target) => {
  it('has the model search for a tool of an MCP server, and runs it', async (test) => {
    if ('missing' in codex) return test.skip(codex.missing)
    const gateway = await startGateway({ config: configFor(target) })
    gateway.simulator.enqueue(
      { toolCalls: [{ name: 'tool_search', input: { query: 'tide dover', limit: 2 } }] },
      { toolCalls: [{ name: TIDE, input: { day: 'Monday' } }] },
      { text: 'It is at 11:42.' },
    )
    const ran = await ask(codex, gateway, {
      prompt: 'When is high water at Dover on Monday?',
      cwd: await testFolder(),
      settings: almanac,
    })
    expect(ran.stderr + ran.stdout).toContain('It is at 11:42.')
    expect(ran.code).toBe(0)
    const [first, found, last] = gateway.simulator.requests as [
      ReceivedRequest,
      ReceivedRequest,
      ReceivedRequest,
    ]
    expect(declared(first)).toContain('tool_search')
    expect(declared(first)).not.toContain(TIDE)
    expect(declared(found)).toContain(TIDE)
    expect(JSON.stringify(found.body)).toContain(`- ${TIDE}`)
    expect(declared(last)).toEqual(declared(found))
    expect(JSON.stringify(last.body)).toContain('The almanac says of tide_at_dover on Monday')
  })

  it('has the model find and start a subagent', async (test) => {
    if ('missing' in codex) return test.skip(codex.missing)
    const gateway = await startGateway({ config: configFor(target) })
    gateway.simulator.respond(({ body }) => {
      const said = JSON.stringify(body)
      if (said.includes('agent_id')) return { text: 'One is counting.' }
      if (said.includes(`- ${SPAWN}`))
        return { toolCalls: [{ name: SPAWN, input: { message: 'Count the zebras' } }] }
      if (said.includes('Count the zebras')) return { text: 'There are nine zebras.' }
      return { toolCalls: [{ name: 'tool_search', input: { query: 'spawn agent' } }] }
    })
    const ran = await ask(codex, gateway, { prompt: 'Let somebody count', cwd: await testFolder() })
    expect(ran.stderr + ran.stdout).toContain('One is counting.')
    expect(ran.code).toBe(0)
  })

  it('goes on after arguments that Codex cannot read', async (test) => {
    if ('missing' in codex) return test.skip(codex.missing)
    const gateway = await startGateway({ config: configFor(target) })
    gateway.simulator.enqueue(
      { toolCalls: [{ name: 'tool_search', input: { limit: 'many' } }] },
      { text: 'I leave it.' },
    )
    const ran = await ask(codex, gateway, { prompt: 'Search', cwd: await testFolder(), settings: almanac })
    expect(ran.stdout).toContain('I leave it.')
    expect(JSON.stringify(gateway.simulator.last.body)).toContain('No tools were found')
  })
})
