import { describe, expect, it } from 'vitest'
import { connectCodex, disconnectCodex, isConnected, topLevelString } from './codex-toml.ts'

const BLOCK = {
  keys: { model_provider: '"dragoman"', model: '"azure/big"' },
  section: 'model_providers.dragoman',
  lines: ['name = "Dragoman"'],
}
const OWN = `model = "gpt-5.5"   # mine
approval_policy = "never"

[model_providers.other]
model = "kept"`

describe("Codex' config.toml", () => {
  it('gets keys before the first section, a section at its end, and none of its keys twice', () => {
    const text = connectCodex(OWN, BLOCK)
    const top = text.slice(0, text.indexOf('\n['))
    expect(top.match(/^model = /gm)).toHaveLength(1)
    expect(topLevelString(text, 'model')).toBe('azure/big')
    expect(text).toContain('[model_providers.other]\nmodel = "kept"\n')
    expect(text).toMatch(/\[model_providers\.dragoman\]\nname = "Dragoman"\n/)
    expect(isConnected(text)).toBe(true)
  })

  it.each([
    ['with settings', `${OWN}\n`],
    ['with Windows line ends', `${OWN}\n`.replaceAll('\n', '\r\n')],
    ['empty', ''],
  ])('%s is as it was after all', (_, text) => {
    const connected = connectCodex(text, BLOCK)
    expect(connectCodex(connected, BLOCK)).toBe(connected)
    expect(disconnectCodex(connected)).toBe(text)
  })
})
