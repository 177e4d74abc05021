import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { asArray, asObject } from '../../src/ir/json.ts'
import type { ReceivedRequest } from '../../src/simulator/received.ts'
import { startGateway } from '../support/gateway.ts'
import { ask, BACKENDS, configFor, installClaudeCode, NEWEST, ON_NODE_20 } from './claude-code-session.ts'
import { resultOf } from './claude-code-session.ts'
import type { Installed } from './install.ts'
import { testFolder } from './run-client.ts'

const SERVER = join(import.meta.dirname, 'run-client-mcp-server.mjs')
const TOOL = 'mcp__almanac__tide_at_dover'

const installed = new Map<string, Installed>()
beforeAll(async () => {
  for (const version of [NEWEST, ON_NODE_20]) installed.set(version, await installClaudeCode(version))
})

const { azureChat, azureResponses, gemini, foundryClaude } = BACKENDS
const runs = [
  [NEWEST, ...azureChat],
  [NEWEST, ...azureResponses],
  [NEWEST, ...gemini],
  [NEWEST, ...foundryClaude],
  [ON_NODE_20, ...azureChat],
  [ON_NODE_20, ...foundryClaude],
] as const

/** The names of the tools declared to the model, whatever its protocol wraps them in. */
const declared = ({ body }: ReceivedRequest): string[] =>
  asArray(body['tools'])
    .flatMap((tool) => asObject(tool)['functionDeclarations'] ?? [tool])
    .map((tool) => asObject(asObject(tool)['function'] ?? tool)['name'] as string)

describe.each(runs)('ToolSearch of Claude Code %s on %s', (version, _, target) => {
  it('finds one of many tools of an MCP server, which then runs', async (test) => {
    const claude = installed.get(version) ?? { missing: version }
    if ('missing' in claude) return test.skip(claude.missing)
    const gateway = await startGateway({ config: configFor(target) })
    const cwd = await testFolder()
    const servers = { mcpServers: { almanac: { command: process.execPath, args: [SERVER] } } }
    await writeFile(join(cwd, 'servers.json'), JSON.stringify(servers))
    gateway.simulator.enqueue(
      { toolCalls: [{ name: 'ToolSearch', input: { query: 'tide dover', max_results: 1 } }] },
      { toolCalls: [{ name: TOOL, input: { day: 'Monday' } }] },
      { text: 'It is at 11:42.' },
    )
    const ran = await ask(claude, gateway, {
      prompt: 'When is high water at Dover on Monday?',
      cwd,
      args: ['--mcp-config', 'servers.json', '--allowedTools', 'mcp__almanac'],
      env: { ENABLE_TOOL_SEARCH: 'true' },
    })
    expect(resultOf(ran)).toMatchObject({ is_error: false, result: 'It is at 11:42.', num_turns: 3 })

    const requests = gateway.simulator.requests
    expect(requests).toHaveLength(3)
    const [first, found, last] = requests as [ReceivedRequest, ReceivedRequest, ReceivedRequest]
    expect(declared(first)).toContain('ToolSearch')
    expect(declared(first)).not.toContain(TOOL)
    expect(JSON.stringify(found.body['tools']).match(/mcp__almanac__\w+/g)).toEqual([TOOL])
    expect(JSON.stringify(last.body)).toContain('The almanac says of tide_at_dover on Monday: 11:42')

    if (target.startsWith('foundry')) {
      expect(JSON.stringify(found.body['messages'])).toContain(
        `{"type":"tool_reference","tool_name":"${TOOL}"}`,
      )
      expect(asArray(found.body['tools']).at(-1)).toMatchObject({ name: TOOL, defer_loading: true })
    } else {
      // What was declared before stays as it was, so that the upstream's cache still knows it.
      expect(declared(found)).toEqual([...declared(first), TOOL])
      expect(found.body['prompt_cache_key']).toBe(first.body['prompt_cache_key'])
      expect(JSON.stringify(found.body)).not.toMatch(/defer_loading|"tool_reference"/)
      expect(JSON.stringify([found.body['messages'], found.body['input'], found.body['contents']])).toContain(
        TOOL,
      )
    }
  })
})
