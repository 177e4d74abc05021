import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { FIGURES_FILE, shares, sumOf, type Figures } from '../../scripts/conformance/figures.ts'
import { FIDELITY_PAGE, fidelityPage } from '../../scripts/generate-fidelity-docs.ts'

test('docs/fidelity.md says what the encoders do (npm run docs)', () => {
  expect(readFileSync(FIDELITY_PAGE, 'utf8')).toBe(fidelityPage())
})

describe('recorded traffic, as it was last measured (npm run conformance -- --record)', () => {
  const { pairs } = JSON.parse(readFileSync(FIGURES_FILE, 'utf8')) as Figures

  test('differs for no unknown reason', () => {
    expect(pairs.filter(({ unexplained }) => unexplained > 0)).toEqual([])
  })

  test.each([
    ['requests', 98],
    ['responses', 99],
    ['round trips', 97],
    ['passthrough', 99],
  ])('keeps the meaning of %s in at least %i of a hundred', (matrix, least) => {
    expect(shares(sumOf(pairs.filter((pair) => pair.matrix === matrix))).same).toBeGreaterThanOrEqual(least)
  })
})
