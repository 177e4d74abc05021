import { describe, expect, it } from 'vitest'
import { asNumber, asObject, type JsonObject } from '../ir/json.ts'
import type { Usage } from '../ir/usage.ts'
import { tapStream, type TapReader } from './tap.ts'

/** A made-up protocol that counts how often it is asked. */
function reader(): TapReader & { asked: number } {
  return {
    asked: 0,
    usageOf(wire: JsonObject) {
      this.asked++
      const { inputs, outputs } = asObject(wire['usage'])
      return { uncached: asNumber(inputs), output: asNumber(outputs) } as Partial<Usage>
    },
    isTerminal: (event) => event.data === '[DONE]',
  }
}

function listen(text: string, protocol: TapReader = reader()) {
  const tap = tapStream(protocol)
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += 7) tap.write(bytes.subarray(at, at + 7))
  tap.end()
  return tap
}

describe('tapStream', () => {
  it('merges usage field by field, later counts over earlier ones', () => {
    const tap = listen('data: {"usage":{"inputs":5,"outputs":1}}\n\ndata: {"usage": {"outputs":9}}\n\n')
    expect(tap.usage).toEqual({ uncached: 5, output: 9 })
  })

  it('has no usage when the stream told none', () => {
    expect(listen('data: {"a":1}\n\n').usage).toBeUndefined()
  })

  it('is complete once the terminal event came, its blank line or not', () => {
    expect(listen('data: {}\n\n').complete).toBe(false)
    expect(listen('data: {}\n\ndata: [DONE]\n\n').complete).toBe(true)
    expect(listen('data: {}\n\ndata: [DONE]').complete).toBe(true)
  })

  it('does not parse events without a usage object, nor texts that speak of one', () => {
    const protocol = reader()
    listen('data: {"text":"\\"usage\\": {"}\n\ndata: {"usage":null}\n\ndata: {"a":1}\n\n', protocol)
    expect(protocol.asked).toBe(0)
  })

  it('never throws, whatever comes and whatever its protocol does', () => {
    const broken: TapReader = {
      usageOf() {
        throw new Error('no')
      },
      isTerminal() {
        throw new Error('no')
      },
    }
    const tap = listen('data: {"usage":{}}\n\ndata: {"usage":{ not json\n\ndata: ["usage":{]\n\n', broken)
    tap.write(Buffer.from('data: after the end\n\n'))
    expect(tap).toMatchObject({ usage: undefined, complete: false })
  })
})
