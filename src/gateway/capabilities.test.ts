import { describe, expect, test } from 'vitest'
import { profileOf } from '../models/index.ts'
import { capabilitiesOf } from './capabilities.ts'

describe('capabilities', () => {
  test('a model that only knows efforts takes wishes about thinking, through the gateway', () => {
    const told = capabilitiesOf({ family: 'gpt', efforts: ['none', 'low', 'high'] })
    expect(told).toMatchObject({
      effort: { supported: true, low: { supported: true }, medium: { supported: false } },
      thinking: {
        supported: true,
        types: { adaptive: { supported: true }, between_tools: { supported: false } },
      },
      reasoning_efforts: ['none', 'low', 'high'],
    })
  })

  test('a model without reasoning says so', () => {
    const told = capabilitiesOf({ family: 'x', efforts: [], images: false, tools: false })
    expect(told).toMatchObject({
      thinking: {
        supported: false,
        types: { adaptive: { supported: false }, disabled: { supported: true } },
      },
      effort: { supported: false },
      image_input: { supported: false },
      tools: { supported: false },
    })
  })

  test('the thinking types of a Claude are its own', () => {
    const profile = profileOf('claude-sonnet-5-5')
    const { thinking } = capabilitiesOf(profile) as { thinking: { types: Record<string, unknown> } }
    for (const type of ['adaptive', 'enabled', 'disabled'] as const) {
      expect(thinking.types[type]).toEqual({ supported: profile.thinking?.includes(type) })
    }
  })
})
