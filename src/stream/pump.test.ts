import { describe, expect, it } from 'vitest'
import { GatewayError } from '../errors.ts'
import type { Clock } from './clock.ts'
import { type ByteConsumer, type ByteSource, type ByteWriter, pump, type PumpOptions } from './pump.ts'

/** Time that passes only when it is told to. */
class StillClock implements Clock {
  #now = 0
  #timers = new Map<number, { at: number; callback: () => void }>()
  #ids = 0

  now(): number {
    return this.#now
  }

  setTimeout(callback: () => void, milliseconds: number): unknown {
    this.#timers.set(++this.#ids, { at: this.#now + milliseconds, callback })
    return this.#ids
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as number)
  }

  get pending(): number {
    return this.#timers.size
  }

  pass(milliseconds: number): void {
    const until = this.#now + milliseconds
    for (;;) {
      const due = [...this.#timers]
        .filter(([, { at }]) => at <= until)
        .toSorted((a, b) => a[1].at - b[1].at)[0]
      if (due === undefined) break
      this.#timers.delete(due[0])
      this.#now = due[1].at
      due[1].callback()
    }
    this.#now = until
  }
}

class Source implements ByteSource {
  consumer!: ByteConsumer
  readonly log: string[] = []
  start(consumer: ByteConsumer): void {
    this.consumer = consumer
    this.log.push('start')
  }
  pause(): void {
    this.log.push('pause')
  }
  resume(): void {
    this.log.push('resume')
  }
  abort(): void {
    this.log.push('abort')
  }
  give(text: string): void {
    this.consumer.data(Buffer.from(text))
  }
}

class Writer implements ByteWriter {
  readonly written: string[] = []
  full = false
  ended = false
  drain: (() => void) | undefined
  write(chunk: Uint8Array | string): boolean {
    this.written.push(Buffer.from(chunk as string).toString())
    return !this.full
  }
  onDrain(callback: () => void): void {
    this.drain = callback
  }
  end(): void {
    this.ended = true
  }
}

/** A pump whose chain puts each chunk in brackets. `!` in the input makes it throw, `#` makes it finish. */
function begin(options: Partial<PumpOptions> = {}) {
  const source = new Source()
  const writer = new Writer()
  const clock = new StillClock()
  const client = new AbortController()
  const hooks: string[] = []
  const result = pump({
    source,
    writer,
    clock,
    signal: client.signal,
    idleMs: 0,
    pingAfterMs: 0,
    ping: () => '~',
    onFirstOutput: () => void hooks.push(`first after ${writer.written.length}`),
    onCommit: () => void hooks.push(`commit after ${writer.written.length}`),
    transform: (out, finish) => ({
      write(chunk) {
        const text = chunk.toString()
        if (text.includes('!')) throw new GatewayError('upstream-broken', 'a lie')
        out.write(`[${text}]`)
        if (text.includes('#')) finish()
      },
      end: () => out.write('.'),
      fail: (error) => out.write(`<${error.code}>`),
    }),
    ...options,
  })
  return { source, writer, clock, client, hooks, result }
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('pump', () => {
  it('writes what came in one tick in one piece', async () => {
    const { source, writer } = begin()
    source.give('a')
    source.give('b')
    expect(writer.written).toEqual([])
    await tick()
    source.give('c')
    await tick()
    expect(writer.written).toEqual(['[a][b]', '[c]'])
  })

  it('hands on what came in one tick in one piece where that is wanted', async () => {
    const { source, writer, result } = begin({ delivery: 'gathered' })
    source.give('a')
    source.give('b')
    await tick()
    expect(writer.written).toEqual(['[ab]'])
    source.give('c')
    source.give('d')
    source.consumer.end()
    expect(await result).toEqual({ outcome: 'done', started: true })
    expect(writer.written).toEqual(['[ab]', '[cd].'])
  })

  it('hands on what was gathered before it tells of what broke the answer', async () => {
    const { source, writer, result } = begin({ delivery: 'gathered' })
    source.give('a')
    await tick()
    source.give('b')
    source.consumer.error(new Error('reset'))
    expect(await result).toMatchObject({ outcome: 'broken', started: true })
    expect(writer.written).toEqual(['[a]', '[b]<upstream-broken>'])
  })

  it('hands on nothing more once a gathered piece was a lie or the last', async () => {
    const lie = begin({ delivery: 'gathered' })
    lie.source.give('a!')
    lie.source.consumer.end()
    expect(await lie.result).toMatchObject({ outcome: 'broken', started: false })
    expect(lie.writer.written).toEqual([])
    const last = begin({ delivery: 'gathered' })
    last.source.give('a#')
    await tick()
    last.source.give('b')
    expect(await last.result).toEqual({ outcome: 'done', started: true })
    expect(last.writer.written).toEqual(['[a#].'])
  })

  it('ends the writer after the last output and is done', async () => {
    const { source, writer, result, clock } = begin({ idleMs: 5, pingAfterMs: 5 })
    source.give('a')
    source.consumer.end()
    expect(await result).toEqual({ outcome: 'done', started: true })
    expect(writer).toMatchObject({ written: ['[a].'], ended: true })
    expect(clock.pending).toBe(0)
  })

  it('relays bytes and text in their order, a lone chunk uncopied', async () => {
    const got: (Uint8Array | string)[] = []
    const chunk = Buffer.from([0xff, 0x00])
    const { source } = begin({
      writer: { write: (piece) => got.push(piece) > 0, onDrain() {}, end() {} },
      transform: (out) => ({
        write(bytes) {
          if (bytes === chunk) out.write(bytes)
          else for (const piece of ['ä', bytes, 'b', 'c']) out.write(piece)
        },
        end() {},
        fail() {},
      }),
    })
    source.consumer.data(chunk)
    await tick()
    expect(got[0]).toBe(chunk)
    source.give('1')
    await tick()
    expect(Buffer.from(got[1] as Uint8Array).toString()).toBe('ä1bc')
  })

  it('announces the first output once, before it is written', async () => {
    const { source, hooks } = begin()
    await tick()
    expect(hooks).toEqual([])
    source.give('a')
    await tick()
    source.give('b')
    await tick()
    expect(hooks).toEqual(['first after 0'])
  })

  it('is broken, not crashed, when the head cannot be sent', async () => {
    const { source, writer, result } = begin({
      onFirstOutput() {
        throw new Error('bad header')
      },
    })
    source.give('a')
    expect(await result).toMatchObject({ outcome: 'broken', started: false, error: { code: 'internal' } })
    expect(writer.written).toEqual([])
    expect(source.log).toContain('abort')
  })

  it('pauses the source while the writer is full, keeps what still comes, and resumes it after', async () => {
    const { source, writer } = begin()
    writer.full = true
    source.give('a')
    await tick()
    expect(source.log).toEqual(['start', 'pause'])
    source.give('b')
    await tick()
    expect(writer.written).toEqual(['[a]'])
    writer.full = false
    writer.drain?.()
    expect(writer.written).toEqual(['[a]', '[b]'])
    expect(source.log).toEqual(['start', 'pause', 'resume'])
  })

  it('waits for room before it writes the last piece and ends', async () => {
    const { source, writer, result } = begin()
    writer.full = true
    source.give('a')
    await tick()
    source.consumer.end()
    await tick()
    expect(writer).toMatchObject({ written: ['[a]'], ended: false })
    writer.full = false
    writer.drain?.()
    expect(await result).toEqual({ outcome: 'done', started: true })
    expect(writer).toMatchObject({ written: ['[a]', '.'], ended: true })
  })

  it('pings a silent client again and again, and commits before the first', async () => {
    const { source, writer, clock, hooks } = begin({ pingAfterMs: 10 })
    clock.pass(9)
    expect(writer.written).toEqual([])
    clock.pass(21)
    expect(writer.written).toEqual(['~', '~', '~'])
    source.give('a')
    await tick()
    expect(hooks).toEqual(['commit after 0', 'first after 3'])
    clock.pass(9)
    expect(writer.written).toHaveLength(4)
    clock.pass(1)
    expect(writer.written).toHaveLength(5)
    expect(hooks).toHaveLength(2)
  })

  it('does not ping where none fits', () => {
    const { writer, clock, hooks } = begin({ pingAfterMs: 10, ping: () => '' })
    clock.pass(100)
    expect(writer.written).toEqual([])
    expect(hooks).toEqual([])
  })

  it('gives up an upstream that fell silent; pings are no sign of its life', async () => {
    const { source, writer, clock, result } = begin({ idleMs: 25, pingAfterMs: 10 })
    source.give('a')
    await tick()
    clock.pass(20)
    source.give('b')
    await tick()
    clock.pass(24)
    expect(source.log).not.toContain('abort')
    clock.pass(1)
    expect(await result).toMatchObject({ outcome: 'idle', started: true, error: { code: 'timeout' } })
    expect(writer.written).toEqual(['[a]', '~', '~', '[b]', '~', '~', '<timeout>'])
    expect(writer.ended).toBe(true)
    expect(source.log).toContain('abort')
  })

  it('does not count the time for which it kept the upstream waiting', async () => {
    const { source, writer, clock } = begin({ idleMs: 10, pingAfterMs: 5 })
    writer.full = true
    source.give('a')
    await tick()
    clock.pass(1_000)
    expect(writer.written).toEqual(['[a]'])
    expect(source.log).not.toContain('abort')
    writer.full = false
    writer.drain?.()
    clock.pass(9)
    expect(source.log).not.toContain('abort')
    clock.pass(1)
    expect(source.log).toContain('abort')
  })

  it('writes the error into the stream when the upstream breaks off', async () => {
    const { source, writer, result } = begin()
    source.give('a')
    await tick()
    const cause = new Error('reset')
    source.consumer.error(cause)
    expect(await result).toMatchObject({ outcome: 'broken', error: { code: 'upstream-broken', cause } })
    expect(writer).toMatchObject({ written: ['[a]', '<upstream-broken>'], ended: true })
  })

  it('leaves the writer to its caller when the upstream fails before anything was written', async () => {
    const { source, writer, result, hooks } = begin()
    source.give('a')
    source.consumer.error(new Error('reset'))
    expect(await result).toMatchObject({ outcome: 'broken', started: false })
    await tick()
    expect(writer).toMatchObject({ written: [], ended: false })
    expect(hooks).toEqual([])
  })

  it('leaves the writer to its caller when the answer is empty', async () => {
    const { source, writer, result } = begin({ transform: () => ({ write() {}, end() {}, fail() {} }) })
    source.consumer.end()
    expect(await result).toEqual({ outcome: 'done', started: false })
    expect(writer.ended).toBe(false)
  })

  it('ends the stream with the error that a stage threw, and closes the source', async () => {
    const { source, writer, result } = begin()
    source.give('a')
    await tick()
    source.give('b')
    source.give('!')
    source.give('c')
    expect(await result).toMatchObject({ outcome: 'broken', error: { message: 'a lie' } })
    expect(writer.written).toEqual(['[a]', '[b]<upstream-broken>'])
    expect(source.log).toEqual(['start', 'abort'])
  })

  it('survives a chain that cannot even fail', async () => {
    const { source, writer, result } = begin({
      transform: (out) => ({
        write: (chunk) => out.write(chunk),
        end() {
          throw new Error('end')
        },
        fail() {
          throw new Error('fail')
        },
      }),
    })
    source.give('a')
    await tick()
    source.consumer.end()
    expect(await result).toMatchObject({ outcome: 'broken', error: { code: 'internal' } })
    expect(writer.ended).toBe(true)
  })

  it('closes the source and ends well when the chain has finished early', async () => {
    const { source, writer, result } = begin()
    source.give('a')
    source.give('#')
    source.give('b')
    expect(await result).toEqual({ outcome: 'done', started: true })
    expect(writer).toMatchObject({ written: ['[a][#].'], ended: true })
    expect(source.log).toEqual(['start', 'abort'])
  })

  it('closes the source when the chain has ended its output by itself', async () => {
    const { source, writer, result } = begin({
      transform: (out) => ({
        write(chunk) {
          out.write(chunk)
          out.end()
        },
        end: () => out.write('never'),
        fail() {},
      }),
    })
    source.give('a')
    expect(await result).toEqual({ outcome: 'done', started: true })
    expect(writer).toMatchObject({ written: ['a'], ended: true })
    expect(source.log).toEqual(['start', 'abort'])
  })

  it('closes the source at once when the client goes away, and writes no more', async () => {
    const { source, writer, client, clock, result } = begin({ idleMs: 10 })
    source.give('a')
    client.abort()
    expect(source.log).toEqual(['start', 'abort'])
    source.give('b')
    expect(await result).toEqual({ outcome: 'aborted', reason: 'client-gone', started: false })
    await tick()
    expect(writer).toMatchObject({ written: [], ended: false })
    expect(clock.pending).toBe(0)
  })

  it('never starts a source whose client has gone', async () => {
    const { source, result } = begin({ signal: AbortSignal.abort() })
    expect(await result).toMatchObject({ outcome: 'aborted' })
    expect(source.log).toEqual(['abort'])
  })

  it('takes an error that the going client caused for its going', async () => {
    const client = new AbortController()
    const { source, result } = begin({ signal: client.signal })
    client.signal.addEventListener('abort', () => source.consumer.error(new Error('aborted')))
    client.abort()
    expect(await result).toMatchObject({ outcome: 'aborted', reason: 'client-gone' })
  })

  it('counts a client that takes nothing for too long as gone', async () => {
    const { source, writer, clock, result } = begin({ writeStallMs: 50 })
    writer.full = true
    source.give('a')
    await tick()
    clock.pass(49)
    expect(source.log).not.toContain('abort')
    clock.pass(1)
    expect(await result).toEqual({ outcome: 'aborted', reason: 'stalled', started: true })
  })
})
