import { PassThrough } from 'node:stream'
import { finished } from 'node:stream/promises'
import { expect, test } from 'vitest'
import { passLines } from './output.ts'

test('only whole lines are handed on, and last words without a newline too', async () => {
  const from = new PassThrough()
  const written: string[] = []
  passLines(from, (text) => void written.push(text))
  for (const piece of ['{"a', '":1}\n{"b":', '2}\n{"c":3}\nfat', 'al']) {
    from.write(piece)
    await new Promise(setImmediate)
  }
  from.end()
  await finished(from)
  expect(written).toEqual(['{"a":1}\n', '{"b":2}\n{"c":3}\n', 'fatal\n'])
})
