import { describe, expect, it } from 'vitest'
import { inputItems, withInputItems } from './input-items.ts'

const itemsOf = (json: string) => inputItems(Buffer.from(json))

describe('the items of an input', () => {
  it('are spelled as the client spelled them', () => {
    const json = '{"model":"m", "input" : [ {"a" : 12345678901234567890} ,{"b":"]}\\"ü"},[1] ] ,"x":[2]}'
    expect(itemsOf(json)).toEqual(['{"a" : 12345678901234567890}', '{"b":"]}\\"ü"}', '[1]'])
  })

  it.each([
    [
      'a text is the message that it stands for',
      '{"input":"Grüezi"}',
      ['{"role":"user","content":"Grüezi"}'],
    ],
    ['of two the last counts', '{"input":"one","input":[{"b":2}]}', ['{"b":2}']],
    ['an empty list has none', '{"input":[ ]}', []],
    ['nor has null', '{"input":null}', []],
    ['nor a request without', '{"model":"m"}', []],
    ['nor has one that stands deeper', '{"x":{"input":[1]}}', []],
  ])('%s', (_, json, items) => {
    expect(itemsOf(json)).toEqual(items)
  })
})

describe('a request with other items', () => {
  it('keeps every other byte', () => {
    const body = Buffer.from('{"n": 1e400, "previous_response_id":"resp_1" ,"input":"x","2":0,"1":0}')
    expect(withInputItems(body, ['{"a":1}', '{"b":2}']).toString()).toBe(
      '{"n": 1e400, "previous_response_id":null ,"input":[{"a":1},{"b":2}],"2":0,"1":0}',
    )
  })

  it('gets an input where it had none', () => {
    const body = Buffer.from('{"previous_response_id":"resp_1"}')
    expect(JSON.parse(withInputItems(body, ['{"a":1}']).toString())).toEqual({
      previous_response_id: null,
      input: [{ a: 1 }],
    })
  })
})
