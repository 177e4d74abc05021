import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sandbox } from '../../../test/support/cli.ts'
import { startSimulator, type Simulator } from '../../simulator/simulator.ts'

const KEY = 'azure-key-0123456789'
let simulator: Simulator
beforeEach(async () => {
  simulator = await startSimulator({
    keys: [KEY],
    deployments: { here: 'gpt-5.2', 'claude-here': 'claude-sonnet-4-5' },
  })
})
afterEach(() => simulator.close())

const config = () => `server: { port: 0 }
providers:
  azure:   { type: azure-openai, endpoint: "${simulator.url}", apiKey: ${KEY}, models: { here: { family: gpt-5.2 } } }
  foundry: { type: azure-foundry, endpoint: "${simulator.url}", apiKey: ${KEY} }
  refused: { type: azure-openai, endpoint: "${simulator.url}", apiKey: another-key-012345 }
`

describe('dragoman test', () => {
  it('shows what each target can do, and fails when one cannot', async () => {
    const box = await sandbox({
      'dragoman.yaml': `${config()}models: { a: azure/here, b: [foundry/claude-here, refused/here] }\n`,
    })
    const { code, out } = await box.run(['test'])
    expect(code).toBe(1)
    expect(out).toMatch(/^azure\/here +yes +\d+ ms +yes +yes +(?:exact|estimated) +yes +chat$/m)
    expect(out).toMatch(/^foundry\/claude-here +yes +\d+ ms +yes +yes +exact +yes +messages$/m)
    expect(out).toMatch(/^refused\/here +NO/m)
    expect(out).toMatch(/refused\/here: .*\(401\).*providers\.refused\.apiKey/)
    expect(out).not.toContain(KEY)
    expect(out).not.toContain('\u001B[')
  })

  it('asks one target, and prints JSON', async () => {
    const box = await sandbox({ 'dragoman.yaml': `${config()}models: { a: azure/here, b: refused/here }\n` })
    const { code, out } = await box.run(['test', 'azure/here', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      ok: true,
      targets: [{ target: 'azure/here', text: true, stream: true, tools: true, contextWindow: 400_000 }],
    })
    expect(simulator.requests.every(({ headers }) => headers['api-key'] === KEY)).toBe(true)
    expect(await box.run(['test', 'nowhere/x'])).toMatchObject({
      code: 1,
      err: expect.stringContaining("no target 'nowhere/x'"),
    })
  })

  it('notices a model that calls no tools', async () => {
    const box = await sandbox({ 'dragoman.yaml': `${config()}models: { a: azure/here }\n` })
    simulator.respond(() => ({ text: 'I would rather talk' }))
    const { code, out } = await box.run(['test'])
    expect(code).toBe(1)
    expect(out).toMatch(/azure\/here: .*called no tool/)
  })
})

describe('dragoman doctor', () => {
  it('finds nothing where all is well', async () => {
    const box = await sandbox({ 'dragoman.yaml': `${config()}models: { "*": azure/here }\n` })
    expect(await box.run(['doctor'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^All is well \(\d+ checks\)/),
    })
  })

  it('names faults of every kind with what mends them', async () => {
    const settings = { env: { ANTHROPIC_BASE_URL: 'http://127.0.0.1:9', ANTHROPIC_AUTH_TOKEN: 'x' } }
    const box = await sandbox({
      'dragoman.yaml': `${config()}models: { a: refused/here, b: azure/missing, "*": azure/here }\n`,
      '.claude/settings.json': JSON.stringify(settings),
    })
    const env = { CLAUDE_CODE_USE_BEDROCK: '1', HTTPS_PROXY: 'http://proxy.invalid' }
    const { code, out } = await box.run(['doctor', '--json'], { env })
    expect(code).toBe(1)
    const { findings, ok } = JSON.parse(out)
    expect(ok).toBe(false)
    expect(findings.map(({ id }: { id: string }) => id).toSorted()).toEqual([
      'context-window',
      'deployment-missing',
      'gateway-down',
      'provider-mode',
      'proxy-loopback',
      'upstream-unauthorized',
    ])
    for (const { mend } of findings) expect(mend).toMatch(/\S/)
    expect(out).not.toContain('another-key-012345')
  })

  it('works without a config, and without asking upstreams', async () => {
    const box = await sandbox()
    expect(await box.run(['doctor'])).toMatchObject({
      code: 1,
      out: expect.stringContaining('→ dragoman setup'),
    })
    await box.write('dragoman.yaml', `${config()}models: { "*": azure/here }\n`)
    expect((await box.run(['doctor', '--offline'])).code).toBe(0)
    expect(simulator.requests).toEqual([])
  })
})
