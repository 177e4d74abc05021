import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLogger, redact, type LogFields } from './log.ts'

const TOKEN = 'sk-proj-abcdefghijklmnop1234'

function lineOf(message: string, fields?: LogFields): string {
  let line = ''
  createLogger({ level: 'info', write: (text) => (line = text), now: () => new Date(0) }).info(
    message,
    fields,
  )
  return line
}

describe('a line of the log', () => {
  test('has time, level and message before the fields, and leaves out what is not there', () => {
    expect(lineOf('answered', { model: 'm', usage: { output: 3 }, error: undefined })).toBe(
      '{"time":"1970-01-01T00:00:00.000Z","level":"info","message":"answered","model":"m","usage":{"output":3}}',
    )
  })

  test.each([
    ['in the message', `refused ${TOKEN}`, {}],
    ['under a name that tells of nothing', 'refused', { reason: `the key ${TOKEN} is wrong` }],
    ['within a list within an object', 'refused', { details: { tried: [TOKEN] } }],
    ['after a line break, where its JSON does not begin a word', 'refused', { reason: `wrong:\n${TOKEN}` }],
    ['in an error and its cause', 'failed', { cause: new Error(TOKEN, { cause: new Error(TOKEN) }) }],
    ['under a secret name, whatever its shape', 'set', { apiKey: 'abcdefghijklmnop1234' }],
    ['deep down', 'set', { a: { b: { c: { d: { token: 'abcdefghijklmnop1234' } } } } }],
  ])('masks a key %s', (_, message, fields) => {
    const line = lineOf(message, fields)
    expect(line).not.toContain('abcdefghijklmnop1234')
    expect(line).toContain('…')
  })

  test('says the same whether or not it had to be looked through', () => {
    const word = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(TOKEN, 'Bearer abcdefgh12345678', '\n', '"', '\\', ' ', ' a task ', 'eyJ', 'sk-'),
    )
    const text = fc.array(word, { maxLength: 4 }).map((words) => words.join(''))
    const name = fc.oneof(text, fc.constantFrom('token', 'model', 'api_key', 'usage', '__proto__'))
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.double(),
        fc.constant(null),
        fc.constant(undefined),
        fc.boolean(),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(name, tie('value'), { maxKeys: 3 }),
      ),
    }))
    fc.assert(
      fc.property(
        text,
        fc.dictionary(name, value, { maxKeys: 4, noNullPrototype: true }),
        (message, fields) => {
          const entry = { time: new Date(0).toISOString(), level: 'info', message, ...(fields as LogFields) }
          expect(lineOf(message, fields as LogFields)).toBe(JSON.stringify(redact(entry)))
        },
      ),
    )
  })
})
