import { describe, expect, it } from 'vitest'
import { asString, isObject, parseJson } from '../ir/json.ts'
import { DeltaReader } from './delta-reader.ts'
import { deltaShape } from './delta-template.ts'
import { run } from './sink.ts'
import { parseSse, type SkimmingSink } from './sse.ts'

const SHAPE = deltaShape(['say'], ['n', 'pad'], ({ say, ...more }) =>
  Object.keys(more).every((name) => ['n', 'pad', 'id'].includes(name)) ? asString(say) : undefined,
)

/** What was said, and how often an event was read in full. */
function read(...frames: string[]): { said: string[]; inFull: number } {
  const said: string[] = []
  let inFull = 0
  const deltas = new DeltaReader(SHAPE, () => (piece) => void said.push(piece))
  const sink: SkimmingSink = {
    skim: (text, start) => deltas.skim(text, start),
    write(event) {
      inFull++
      deltas.interrupt()
      const wire = parseJson(event.data)
      if (!isObject(wire)) return
      said.push(asString(wire['say']) ?? '?')
      deltas.saw(event, wire)
    },
    end() {},
  }
  run(() => parseSse()(sink), [Buffer.from(frames.map((frame) => `${frame}\n\n`).join(''))])
  return { said, inFull }
}

describe('deltas that follow each other', () => {
  it('are read by the first of them', () => {
    expect(read('data: {"say":"a"}', 'data: {"say":"b"}', 'data: {"say":""}')).toEqual({
      said: ['a', 'b', ''],
      inFull: 1,
    })
  })

  it('may have their piece escaped, and letters of any width', () => {
    const piece = '\u2192 "\u{1F680}"\n\\'
    const frame = `data: {"say":${JSON.stringify(piece)}}`
    expect(read(frame, frame, 'data: {"say":"\\ud83d"}')).toEqual({
      said: [piece, piece, '\ud83d'],
      inFull: 1,
    })
  })

  it('may change their number and padding', () => {
    expect(
      read(
        'data: {"n":9,"say":"a","pad":"xy"}',
        'data: {"n":10,"say":"b","pad":""}',
        'data: {"n":011,"say":"c","pad":""}',
      ),
    ).toEqual({ said: ['a', 'b'], inFull: 2 })
  })

  it('are read in full where anything else changes', () => {
    const { inFull } = read(
      'data: {"id":1,"say":"a"}',
      'data: {"id":2,"say":"b"}',
      'data: {"say":"c","id":2}',
    )
    expect(inFull).toBe(3)
  })

  it('are read in full after an event in between', () => {
    expect(read('data: {"say":"a"}', 'data: {"end":1}', 'data: {"say":"b"}').inFull).toBe(3)
  })

  it('are not what only looks like one', () => {
    const { said } = read(
      'data: {"say":"a"}',
      'data: {"say":"b"},"say":"c"}',
      'data: {"say":"d\t"}',
      'data: {"say":"\\x"}',
    )
    expect(said).toEqual(['a'])
  })

  it('have their piece where it counts, not where one of the same name stands', () => {
    const twice = (piece: string) => `data: {"say":"first","say":"${piece}"}`
    expect(read(twice('a'), twice('b'))).toEqual({ said: ['a', 'b'], inFull: 1 })
  })

  it('cost ever fewer tries where no frame repeats', () => {
    let tries = 0
    const shape = { ...SHAPE, pieceIn: () => void tries++ }
    const deltas = new DeltaReader(shape, () => () => {})
    for (let n = 0; n < 1000; n++) {
      deltas.interrupt()
      deltas.saw({ data: `{"say":"a","id":${n}}` }, { say: 'a', id: n })
      deltas.skim('data: else\n\n', 0)
    }
    expect(tries).toBeLessThan(20)
  })
})
