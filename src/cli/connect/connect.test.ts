import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sandbox } from '../../../test/support/cli.ts'

const KEY = 'client-key-0123456789'
const CONFIG = `server: { port: 0 }
auth: { keys: ["${KEY}"] }
providers:
  azure: { type: azure-openai, endpoint: acme, apiKey: azure-key-1 }
models: { "*opus*": azure/gpt-5.2, "*": azure/my-deployment }
`
const SETTINGS = `{
    "theme": "dark", "odd":   [1,2],
    "env": {
        "FOO": "bar",
        "ANTHROPIC_BASE_URL": "https://old.example",
        "CLAUDE_CODE_USE_BEDROCK": "1"
    }
}
`

const connected = (settings?: string) =>
  sandbox({
    'dragoman.yaml': CONFIG,
    ...(settings !== undefined && { '.claude/settings.json': settings }),
  })

describe('connect claude', () => {
  it('writes its lines beside everything else, and disconnect puts back what was there', async () => {
    const box = await connected(SETTINGS)
    expect((await box.run(['connect', 'claude'])).code).toBe(0)
    const text = await box.read('.claude/settings.json')
    const { url } = JSON.parse((await box.run(['status', '--json'])).out)
    expect(text).toContain('"theme": "dark", "odd":   [1,2],\n')
    expect(JSON.parse(text).env).toEqual({
      FOO: 'bar',
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_AUTH_TOKEN: KEY,
      CLAUDE_CODE_AUTO_COMPACT_WINDOW: '128000',
      CLAUDE_CODE_ATTRIBUTION_HEADER: '0',
      CLAUDE_CODE_GATEWAY_HINT_HEADERS: '1',
      CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1',
      CLAUDE_CODE_USE_BEDROCK: '',
    })
    expect(JSON.parse(text).modelPicker.options[0]).toMatchObject({ model: 'azure/gpt-5.2' })
    expect((await stat(join(box.folder, '.claude/settings.json'))).mode & 0o077).toBe(0)
    const [backup = ''] = await readdir(join(box.stateDir, 'backups'))
    expect(await box.read(`state/backups/${backup}`)).toBe(SETTINGS)

    await box.run(['connect', 'claude'])
    await box.run(['disconnect', 'claude'])
    expect(await box.read('.claude/settings.json')).toBe(SETTINGS)
  })

  it('leaves alone what somebody changed since', async () => {
    const box = await connected(SETTINGS)
    await box.run(['connect', 'claude'])
    const text = await box.read('.claude/settings.json')
    await box.write('.claude/settings.json', text.replace('"128000"', '"150000"'))
    const { out } = await box.run(['disconnect', 'claude'])
    expect(out).toContain('env.CLAUDE_CODE_AUTO_COMPACT_WINDOW was changed since, and was left alone')
    expect(JSON.parse(await box.read('.claude/settings.json')).env).toEqual({
      FOO: 'bar',
      ANTHROPIC_BASE_URL: 'https://old.example',
      CLAUDE_CODE_USE_BEDROCK: '1',
      CLAUDE_CODE_AUTO_COMPACT_WINDOW: '150000',
    })
  })

  it('makes a settings file, and takes it away again', async () => {
    const box = await connected()
    await box.run(['connect', 'claude'])
    expect(JSON.parse(await box.read('.claude/settings.json')).env.ANTHROPIC_AUTH_TOKEN).toBe(KEY)
    await box.run(['stop'])
    await box.write('dragoman.yaml', 'broken: true\n')
    expect((await box.run(['disconnect', 'claude'])).code).toBe(0)
    await expect(box.read('.claude/settings.json')).rejects.toThrow('ENOENT')
  })

  it('shows without writing or starting anything, and without the key', async () => {
    const box = await connected(SETTINGS)
    const { out, code } = await box.run(['connect', 'claude', '--print'])
    expect(code).toBe(0)
    expect(JSON.parse(out).env.ANTHROPIC_AUTH_TOKEN).toBe('clie…89')
    expect(await box.read('.claude/settings.json')).toBe(SETTINGS)
    expect((await box.run(['status'])).code).toBe(1)
  })

  it('leaves a file alone that is not plain JSON', async () => {
    const text = '{ "env": {}, // mine\n}\n'
    const box = await connected(text)
    const { code, err } = await box.run(['connect', 'claude'])
    expect(code).toBe(1)
    expect(err).toContain('is not plain JSON')
    expect(err).not.toContain(KEY)
    expect(await box.read('.claude/settings.json')).toBe(text)
  })

  it('knows its clients', async () => {
    const box = await connected()
    expect(await box.run(['connect', 'emacs'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('claude, codex, opencode'),
    })
    expect(await box.run(['disconnect', 'claude'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('holds nothing'),
    })
  })
})

describe('connect codex and opencode', () => {
  it('writes a provider and a catalogue for Codex, and takes them out again', async () => {
    const box = await connected()
    const own = 'model = "gpt-9"\n\n[tui]\nx = 1\n'
    await box.write('.codex/config.toml', own)
    await box.run(['connect', 'codex'])
    const text = await box.read('.codex/config.toml')
    expect(text).toContain('wire_api = "responses"')
    expect(text).toContain('supports_websockets = false')
    expect(text).toContain('model_provider = "dragoman"')
    // `*` takes any name, so the user's own model stays.
    expect(text).toMatch(/^model = "gpt-9"$/m)
    const [, catalogue = ''] = /model_catalog_json = "(.*)"/.exec(text) ?? []
    const { models } = JSON.parse(await box.read(catalogue.slice(box.folder.length)))
    expect(models.map(({ slug }: { slug: string }) => slug)).toEqual([
      'azure/gpt-5.2',
      'azure/my-deployment',
      'claude-opus-5-5',
      'claude-sonnet-5-5',
      'claude-haiku-5-5',
      'claude-fable-5-2',
    ])
    expect(models[0]).toMatchObject({ context_window: 400_000, apply_patch_tool_type: 'freeform' })
    expect(models[1]).toMatchObject({ context_window: 128_000, supported_reasoning_levels: [] })
    await box.run(['disconnect', 'codex'])
    expect(await box.read('.codex/config.toml')).toBe(own)
  })

  it('writes a provider for opencode beside others', async () => {
    const box = await connected()
    const own = '{\n  "provider": {\n    "mine": {}\n  }\n}\n'
    await box.write('.config/opencode/opencode.json', own)
    await box.run(['connect', 'opencode'])
    const { provider } = JSON.parse(await box.read('.config/opencode/opencode.json'))
    expect(provider.dragoman).toMatchObject({
      npm: '@ai-sdk/anthropic',
      options: { baseURL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/v1$/), apiKey: KEY },
      models: { 'azure/gpt-5.2': { limit: { context: 400_000 } } },
    })
    await box.run(['disconnect', 'opencode'])
    expect(await box.read('.config/opencode/opencode.json')).toBe(own)
  })
})
