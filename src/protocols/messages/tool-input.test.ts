import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isObject, parseJson } from '../../ir/json.ts'
import { completion, toolInput } from './tool-input.ts'

describe('a tool input as an object', () => {
  it.each([
    ['', {}, false],
    ['null', {}, false],
    ['{"a":1}', { a: 1 }, false],
    ['"{\\"a\\":1}"', { a: 1 }, false],
    ['[1]', { _raw: '[1]' }, true],
    ['{"a":', { _raw: '{"a":' }, true],
  ])('%s', (text, value, bent) => {
    expect(toolInput(text)).toEqual({ value, bent })
  })
})

describe('JSON that broke off', () => {
  it.each([
    ['{', {}],
    ['{"path":"/tm', { path: '/tm' }],
    ['{"path":"C:\\', { path: 'C:\\' }],
    ['{"path":"\\u00', { path: '\u0000' }],
    ['{"pa', { pa: null }],
    ['{"path"', { path: null }],
    ['{"a":1,', { a: 1, '': null }],
    ['{"a":tr', { a: true }],
    ['{"a":-', { a: -0 }],
    ['{"a":[{"b":"c"', { a: [{ b: 'c' }] }],
  ])('%s is completed', (text, value) => {
    expect(parseJson(text + String(completion(text)))).toEqual(value)
  })

  it('anywhere is completed to an object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(), (value, cut) => {
        const whole = JSON.stringify(value)
        const text = whole.slice(0, 1 + (cut % whole.length))
        expect(isObject(parseJson(text + String(completion(text))))).toBe(true)
      }),
    )
  })

  it.each(['', '}', '{"a":1}}', '{a', '[1', '"x'])('%j cannot be completed', (text) => {
    expect(completion(text)).toBeUndefined()
  })
})
