import { beforeEach, describe, expect, it } from 'vitest'
import { GatewayError, type ErrorCode } from '../errors.ts'
import { Memory, type News } from './memory.ts'

const target = { provider: 'azure', model: 'gpt' }
const call = { kind: 'tool-call', id: 'call_1', name: 'look', input: '{}' } as const
const thought = [{ kind: 'reasoning', text: 'hm', seal: { value: 'dg1.x' } }] as const

const item = { scope: 'ann', id: 'msg_1' }

let now: number
/** Told by one of them, and not delivered yet. */
let posted: { readonly from: Memory; readonly news: News }[]
let crew: Memory[]

const join = (yieldMs: number): Memory => {
  const memory: Memory = new Memory({
    now: () => now,
    draw: () => 0,
    yieldMs,
    // Between processes only plain data travels.
    tell: (news) => void posted.push({ from: memory, news: structuredClone(news) }),
  })
  memory.lessonsUnder('config-1')
  return memory
}

/** Lets everybody hear what was told, as the primary does. */
const deliver = () => {
  for (const { from, news } of posted.splice(0))
    for (const memory of crew) if (memory !== from) memory.hear(news)
}

beforeEach(() => {
  now = 1000
  posted = []
  crew = [join(5), join(10), join(20)]
})

const error = (code: ErrorCode, details = {}) =>
  new GatewayError(code, `it was ${code}`, {
    details: { upstream: { status: 500, headers: {}, body: '' }, ...details },
  })
const fail = (memory: Memory, code: ErrorCode = 'upstream-failed', details = {}) => {
  now += 1
  memory.health.begin(target).end(error(code, details))
  deliver()
}
const waits = () => crew.map((memory) => memory.health.ailmentOf(target)?.waitMs)

describe('several processes', () => {
  it('leave a target alone for as long as one of them was told to', () => {
    fail(crew[1]!, 'rate-limited', { retryAfterMs: 7000 })
    expect(waits()).toEqual([7000, 7000, 7000])
    // A shorter wait that another one is told does not shorten it.
    fail(crew[0]!, 'rate-limited', { retryAfterMs: 100 })
    expect(waits()).toEqual([6999, 6999, 6999])
  })

  it('count failures together', () => {
    for (const at of [0, 1, 2, 0, 1]) fail(crew[at]!)
    expect(waits()).toEqual([5005, 5000, 5020])
  })

  it('forgive together: a success in between begins the count anew', () => {
    for (const at of [0, 1, 2, 0]) fail(crew[at]!)
    crew[1]!.health.begin(target).end()
    deliver()
    fail(crew[2]!)
    expect(waits()).toEqual([undefined, undefined, undefined])
  })

  it('send one probe, and what becomes of it holds for all', () => {
    for (const at of [0, 1, 2, 0, 1]) fail(crew[at]!)
    now += 5000
    expect(waits()).toEqual([5, undefined, 20])
    const probe = crew[1]!.health.begin(target)
    deliver()
    now += 100
    expect(waits()).toEqual([Infinity, Infinity, Infinity])
    probe.end(error('upstream-failed'))
    deliver()
    expect(waits()).toEqual([10_005, 10_000, 10_020])

    now += 10_000
    const second = crew[1]!.health.begin(target)
    deliver()
    second.end()
    deliver()
    expect(waits()).toEqual([undefined, undefined, undefined])
    // All of them have forgotten how often it was open.
    for (const at of [0, 1, 2, 0, 1]) fail(crew[at]!)
    expect(waits()[1]).toBe(5000)
  })

  it('probe again when the one that did is gone', () => {
    for (let time = 0; time < 5; time++) fail(crew[0]!)
    now += 5000
    crew[0]!.health.begin(target)
    deliver()
    now += 50
    expect(waits()[1]).toBe(Infinity)
    crew[1]!.hear({ of: 'health', news: { name: 'azure/gpt', event: 'released' } })
    expect(waits()[1]).toBeUndefined()
  })

  it('share lessons of the same config only', () => {
    const lesson = { kind: 'field', path: ['top_k'] } as const
    crew[2]!.lessonsUnder('config-2')
    const lessons = crew[0]!.lessonsUnder('config-1')
    lessons.learn('chat azure/gpt', [lesson])
    lessons.learnUnreadable('chat azure/gpt', ['seal'])
    lessons.learnUnspoken('azure/gpt', 'responses')
    lessons.learnCannotCount('azure/gpt')
    // What is known already is not told again.
    lessons.learn('chat azure/gpt', [lesson])
    expect(posted).toHaveLength(4)
    deliver()
    const heard = crew[1]!.lessonsUnder('config-1')
    expect(heard.of('chat azure/gpt')).toEqual([lesson])
    expect(heard.unreadable('chat azure/gpt')?.('seal')).toBe(true)
    expect(heard.isUnspoken('azure/gpt', 'responses')).toBe(true)
    expect(heard.cannotCount('azure/gpt')).toBe(true)
    expect(crew[2]!.lessonsUnder('config-2').of('chat azure/gpt')).toEqual([])
  })

  it('share reasoning, items, owners of ids and how models count', () => {
    crew[0]!.reasoning.remember(call, thought)
    crew[0]!.items.name(item, crew[0]!.items.keep(['{}']))
    crew[0]!.owners.learn('{"id":"file-1"}', 'azure')
    crew[0]!.tokenFactors.learn('azure/gpt', 1000, 1500)
    deliver()
    expect(crew[2]!.reasoning.recall(call)).toEqual(thought)
    expect(crew[2]!.items.recall(item)).toEqual(['{}'])
    expect(crew[2]!.owners.of('file-1')).toBe('azure')
    expect(crew[2]!.tokenFactors.correct('azure/gpt', 1000)).toBe(1500)
  })

  it('tell one that joins later everything', () => {
    for (let time = 0; time < 5; time++) fail(crew[0]!)
    fail(crew[1]!, 'rate-limited', { retryAfterMs: 60_000 })
    crew[0]!.lessonsUnder('config-1').learnCannotCount('azure/gpt')
    crew[0]!.reasoning.remember(call, thought)
    crew[0]!.items.name(item, crew[0]!.items.keep(['{}']))
    crew[0]!.owners.learn('{"id":"file-1"}', 'azure')
    crew[0]!.tokenFactors.learn('azure/gpt', 1000, 1500)
    deliver()
    const late = join(30)
    // From one that heard all of it from others.
    for (const news of structuredClone(crew[2]!.news())) late.hear(news)
    expect(late.news()).toHaveLength(crew[2]!.news().length)
    expect(late.health.ailmentOf(target)).toEqual(crew[2]!.health.ailmentOf(target))
    expect(late.lessonsUnder('config-1').cannotCount('azure/gpt')).toBe(true)
    expect(late.reasoning.recall(call)).toEqual(thought)
    expect(late.items.recall(item)).toEqual(['{}'])
    expect(late.owners.of('file-1')).toBe('azure')
    expect(late.tokenFactors.correct('azure/gpt', 1000)).toBe(1500)
  })
})

it('a process alone tells nobody of targets that do well', () => {
  crew[0]!.health.begin(target).end()
  expect(posted).toEqual([])
})
