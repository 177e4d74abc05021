import { describe, expect, it } from 'vitest'
import type { GatewayError } from '../errors.ts'
import type { UpstreamProtocol } from '../providers/provider.ts'
import { upstreamCodec } from './codecs.ts'
import { ErrorWatch } from './error-watch.ts'

const KEY = 'secret-key-of-the-gateway'

/** What goes on of these bytes, in pieces of a length, and the errors that were told. */
function relay(protocol: UpstreamProtocol, text: string, length = text.length) {
  const errors: GatewayError[] = []
  const opened: Buffer[] = []
  const codec = upstreamCodec(protocol, {})
  let decoders = 0
  const watch = new ErrorWatch({
    codec: {
      decodeStream: () => {
        decoders++
        return codec.decodeStream()
      },
    },
    secrets: [KEY],
    open: (bytes) => void opened.push(bytes),
    onError: (error) => void errors.push(error),
  })
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += length) watch.push(bytes.subarray(at, at + length))
  watch.flush()
  return { errors, text: Buffer.concat(opened).toString(), decoders }
}

const ERRORS = [
  ['messages', 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"M"}}\n\n'],
  ['chat', 'data: {"error":{"message":"M","code":"rate_limit_exceeded"}}\n\n'],
  ['chat', 'event: error\ndata: {"message":"M"}\n\n'],
  ['chat', 'data: {"id":"c","choices":[],"error" : {"message":"M","code":502}}\n\n'],
  ['responses', 'event: error\ndata: {"type":"error","message":"M","code":"server_error"}\n\n'],
  [
    'responses',
    'event: response.failed\ndata: {"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"M"}}}\n\n',
  ],
] as const

describe.each(ERRORS)('an error in a stream of %s', (protocol, frame) => {
  it.each([1, 7, 1000])('is told once and relayed as it came (%i bytes at a time)', (length) => {
    const before = 'data: {"a":"ü 🎉"}\r\n\r\n'
    const told = relay(protocol, before + frame + frame, length)
    expect(told.errors.map(({ message }) => message)).toEqual([expect.stringContaining('M')])
    expect(told.text).toBe(before + frame + frame)
  })

  it.each([1, 1000])('loses the gateway’s key, and nothing beside it (%i bytes at a time)', (length) => {
    const quoting = frame.replace('"M"', `"Wrong key ${KEY} für 🎉"`)
    const told = relay(protocol, quoting, length)
    expect(told.text).toBe(quoting.replace(KEY, 'secr…ay'))
    expect(told.errors[0]?.message).toContain('secr…ay')
  })
})

describe('a stream without an error', () => {
  it.each([
    [
      'messages',
      'data: {"type":"content_block_delta","delta":{"text":"{\\"error\\": \\"x\\"} event: error"}}\n\n',
    ],
    ['chat', 'data: {"id":"c","error":null,"choices":[{"delta":{"content":"a"}}]}\n\n'],
    ['responses', 'data: {"type":"response.created","response":{"id":"r","error": null}}\n\n'],
  ] as const)('of %s is not decoded', (protocol, frame) => {
    expect(relay(protocol, frame)).toEqual({ errors: [], text: frame, decoders: 0 })
  })
})

it('what the end of a stream still holds is looked at too', () => {
  const { errors, text } = relay('chat', `data: {"error":{"message":"M ${KEY}"}}`, 9)
  expect(errors).toHaveLength(1)
  expect(text).toBe('data: {"error":{"message":"M secr…ay"}}')
})
