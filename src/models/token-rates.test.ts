import { describe, expect, it } from 'vitest'
import { imageTokens, tokenRatesOf } from './token-rates.ts'

const image = (model: string, width: number, height: number, detail?: string) =>
  imageTokens(tokenRatesOf(model).image, { width, height }, detail)

describe('what an image costs', () => {
  // Each number is an example of the vendor's documentation, or follows from its formula by hand.
  it.each([
    ['claude-sonnet-4-5', 200, 200, 54],
    ['claude-sonnet-4-5', 1000, 1000, 1334],
    ['claude-sonnet-4-5', 4000, 3000, 1600],
    ['claude-opus-5-5', 2000, 1500, 4000],
    ['gpt-4o', 1024, 1024, 765],
    ['gpt-4o', 2048, 4096, 1105],
    ['gpt-5', 1024, 1024, 630],
    ['gpt-4.1-mini', 1024, 1024, 1659],
    ['gpt-4.1-mini', 8000, 8000, 2489],
    ['gemini-2.5-flash', 300, 300, 258],
    ['gemini-2.5-flash', 960, 540, 1548],
    ['gemini-3-pro', 4000, 3000, 1120],
  ])('%s: %i × %i is %i tokens', (model, width, height, tokens) => {
    expect(image(model, width, height)).toBe(tokens)
  })

  it('is little where OpenAI is asked for a cheap look', () => {
    expect(image('gpt-4o', 4096, 4096, 'low')).toBe(85)
  })

  it('is OpenAI’s for a model that nobody knows, and its family’s for a deployment', () => {
    expect(image('prod', 1024, 1024)).toBe(765)
    expect(tokenRatesOf('prod', 'claude')).toBe(tokenRatesOf('claude'))
  })
})
