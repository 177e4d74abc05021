import { expect, test } from 'vitest'
import { Restarts } from './restarts.ts'

test('each restart within a minute waits longer than the one before, and the sixth death is the last', () => {
  const restarts = new Restarts()
  const waits = [0, 1, 2, 3, 4, 5].map((second) => restarts.died(1, second * 1000))
  expect(waits).toEqual([100, 200, 400, 800, 1600, undefined])
})

test('deaths that are far apart, or of different workers, have nothing to do with each other', () => {
  const restarts = new Restarts()
  const hourly = Array.from({ length: 10 }, (_, hour) => restarts.died(1, hour * 3_600_000))
  expect(new Set(hourly)).toEqual(new Set([100]))
  expect([2, 3, 4, 5, 6, 7].map((worker) => restarts.died(worker, 0))).toEqual(Array(6).fill(100))
})
