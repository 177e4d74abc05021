import { answerOf, MARK, STAMP_DIGITS, type Scenario, type WireAnswer } from './answer.ts'
import { chatAnswer } from './chat.ts'
import { messagesAnswer } from './messages.ts'
import type { WireProtocol } from './protocols.ts'
import { responsesAnswer } from './responses.ts'

const ANSWERS: Readonly<Record<WireProtocol, WireAnswer>> = {
  chat: chatAnswer,
  messages: messagesAnswer,
  responses: responsesAnswer,
}

/** One event as an HTTP chunk, and where its stamp goes, if it has one. */
export type Frame = { readonly bytes: Buffer; readonly stampAt: number | undefined }

/** A reply as it goes over the wire, framed. */
export type WireReply =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  | { readonly kind: 'stream'; readonly head: Buffer; readonly frames: readonly Frame[] }

const LAST_CHUNK = Buffer.from('0\r\n\r\n')
const REQUEST_IDS = 'x-request-id: req_bench0001\r\nrequest-id: req_bench0001\r\n'
const STREAM_HEAD = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n${REQUEST_IDS}transfer-encoding: chunked\r\n\r\n`,
)

/** Serialises a reply once; the upstream then only copies bytes. */
export function replyOf(protocol: WireProtocol, { shape, stream }: Scenario): WireReply {
  const answer = answerOf(shape)
  if (!stream) {
    const body = Buffer.from(JSON.stringify(ANSWERS[protocol].whole(answer)))
    const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${REQUEST_IDS}content-length: ${body.length}\r\n\r\n`
    return { kind: 'whole', bytes: Buffer.concat([Buffer.from(head), body]) }
  }
  const frames = ANSWERS[protocol].events(answer).map(frameOf)
  const last = frames.at(-1)!
  frames[frames.length - 1] = { ...last, bytes: Buffer.concat([last.bytes, LAST_CHUNK]) }
  return { kind: 'stream', head: STREAM_HEAD, frames }
}

function frameOf(event: string): Frame {
  const body = Buffer.from(event)
  const bytes = Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')])
  const mark = bytes.indexOf(`${MARK}${'0'.repeat(STAMP_DIGITS)}`)
  // The events that close a part repeat its whole text; only deltas hold a single mark.
  const single = mark >= 0 && bytes.indexOf(MARK, mark + 1) < 0
  return { bytes, stampAt: single ? mark + 1 : undefined }
}
