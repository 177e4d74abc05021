import { describe, expect, it } from 'vitest'
import { estimateTokens } from '../models/estimate.ts'
import { messages } from '../protocols/messages/index.ts'
import { Outline } from './outline.ts'

const WORD = 'f00dcafe'
const prose = 'The quick “brown” fox,\n\tC:\\dogs "lazy" \u001B[31m. '.repeat(400)
const outlineOf = (wire: object, spell: (json: string) => string = (json) => json) =>
  Outline.of(Buffer.from(spell(JSON.stringify(wire))), () => WORD)

describe('the outline of a request', () => {
  it('is small, keeps both ends of every long text, and gives the same bytes back', () => {
    const wire = { model: 'm', system: prose, messages: [{ role: 'user', content: `Listen: ${prose}` }] }
    const outline = outlineOf(wire)
    const json = JSON.stringify(outline?.wire)
    expect(json.length).toBeLessThan(600)
    expect(outline?.wire['messages']).toEqual([
      {
        role: 'user',
        content: expect.stringMatching(/^Listen: The quick “brown” fox,\n\tC:\\dogs "lazy".*31m\. $/s),
      },
    ])
    expect(outline?.fill(json).toString('utf8')).toBe(JSON.stringify(wire))
    expect(outline?.whole(outline.wire['system'] as string)).toBe(prose)
  })

  it('fills texts that became JSON within a string, however often', () => {
    const wire = { model: 'm', input: { content: prose } }
    const outline = outlineOf(wire)
    const twice = (value: unknown) => JSON.stringify({ a: JSON.stringify({ b: JSON.stringify(value) }) })
    const json = twice(outline?.wire['input'])
    expect(outline?.fill(json).toString('utf8')).toBe(twice(wire.input))
  })

  it('keeps what would be spelled otherwise when written again', () => {
    const content = 'a/b '.repeat(8_000)
    const outline = outlineOf({ model: 'm', content }, (json) => json.replaceAll('/', '\\/'))
    expect(outline?.wire).toEqual({ model: 'm', content })
  })

  it('keeps whole what begins or ends with more white space than it shows', () => {
    for (const text of [`${' '.repeat(200)}${prose}`, `${prose}${'\n'.repeat(200)}`, ' '.repeat(20_000)])
      expect(outlineOf({ text, content: prose })?.wire['text']).toBe(text)
  })

  it('finds texts that are longer than a look at a time, or begin at its end', () => {
    for (const before of [10, 65_500, 65_515, 65_525, 65_535]) {
      const wire = { padding: 'x'.repeat(before), text: prose.repeat(8), content: prose }
      const outline = outlineOf(wire)
      const json = JSON.stringify(outline?.wire)
      expect(json.length).toBeLessThan(before + 700)
      expect(outline?.fill(json).toString('utf8')).toBe(JSON.stringify(wire))
    }
  })

  it('tells equal texts from others', () => {
    const other = prose.replace('fox', 'ox')
    const wire = {
      list: [prose, prose, `${prose.slice(0, 900)}${other.slice(900)}x`].map((text) => ({ text })),
    }
    const [first, second, third] = (outlineOf(wire)!.wire['list'] as { text: string }[]).map(
      ({ text }) => text,
    )
    expect(first).toBe(second)
    expect(first).not.toBe(third)
  })

  it('is left to those who must read the whole where that is small, torn, or no UTF-8', () => {
    expect(outlineOf({ text: 'short' })).toBeUndefined()
    expect(outlineOf({ text: prose }, (json) => json.slice(0, -1))).toBeUndefined()
    expect(outlineOf({ text: prose }, (json) => json.replace('\\n', '\n'))).toBeUndefined()
    expect(outlineOf({ text: prose }, (json) => json.replaceAll('\\t', '\\x'))).toBeUndefined()
    const torn = Buffer.from(JSON.stringify({ text: prose }))
    torn[1_000] = 0xff
    expect(Outline.of(torn, () => WORD)).toBeUndefined()
  })

  it('is estimated as the whole request is', () => {
    const wire = {
      model: 'm',
      system: prose,
      tools: [
        { name: 'Read', description: prose, input_schema: { properties: { a: { description: prose } } } },
      ],
      messages: [
        { role: 'user', content: `日本語 ${prose}` },
        {
          role: 'assistant',
          content: [{ type: 'tool_use', id: 'c', name: 'Read', input: { content: prose } }],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c', content: prose }] },
      ],
    }
    const outline = outlineOf(wire)
    const outlined = messages.decodeRequest(outline?.wire ?? {})
    expect(estimateTokens(outlined)).toBeLessThan(1_000)
    expect(estimateTokens(outlined, undefined, (text) => outline?.whole(text) ?? text)).toBe(
      estimateTokens(messages.decodeRequest(wire)),
    )
  })
})
