import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { FIDELITY_PAGE, fidelityPage } from '../../scripts/generate-fidelity-docs.ts'

test('docs/fidelity.md says what the encoders do (npm run docs)', () => {
  expect(readFileSync(FIDELITY_PAGE, 'utf8')).toBe(fidelityPage())
})
