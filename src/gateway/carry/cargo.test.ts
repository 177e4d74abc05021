import { describe, expect, test } from 'vitest'
import type { ByteConsumer, ByteSource } from '../../stream/pump.ts'
import { openCargo, type Load } from './cargo.ts'

/** A source that a test feeds by hand; it says whether anybody wants bytes. */
class HandSource implements ByteSource {
  consumer: ByteConsumer | undefined
  flowing = false
  aborted = false

  start(consumer: ByteConsumer): void {
    this.consumer = consumer
    this.flowing = true
  }
  pause(): void {
    this.flowing = false
  }
  resume(): void {
    this.flowing = true
  }
  abort(): void {
    this.aborted = true
    this.flowing = false
  }
  send(...texts: string[]): void {
    for (const text of texts) this.consumer?.data(Buffer.from(text))
  }
}

const model = (name: string) => `--b\r\nContent-Disposition: form-data; name="model"\r\n\r\n${name}\r\n`
const FILE = '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
const END = '\r\n--b--\r\n'
const MB = 1024 * 1024

function form(source: ByteSource, length?: number) {
  const contentType = 'multipart/form-data; boundary=b'
  return { kind: 'upload', contentType, source, ...(length !== undefined && { length }) } as const
}

/** What a body brings, as far as it has come. */
function taken({ body }: Load) {
  const state = { text: '', ended: false, error: undefined as Error | undefined }
  ;(body as ByteSource).start({
    data: (chunk) => void (state.text += chunk.toString()),
    end: () => void (state.ended = true),
    error: (error) => void (state.error = error),
  })
  return state
}

describe('a JSON body', () => {
  const open = (text: string) =>
    openCargo({ kind: 'json', bytes: Buffer.from(text) }, { operation: 'embeddings', goesAnyway: false })

  test('is the same bytes where the model keeps its name', async () => {
    const cargo = await open('{"b":1,"model":"m"}')
    expect(cargo.load((name) => name).body?.toString()).toBe('{"b":1,"model":"m"}')
    expect(cargo.load(() => 'x').body?.toString()).toBe('{"b":1,"model":"x"}')
  })

  test('tells the ids that it refers to', async () => {
    expect((await open('{"input_file_id":"file-1","training_file":"","x":"y"}')).ids).toEqual(['file-1'])
  })

  test.each(['[1]', 'null', '{"a"'])('%s is refused', async (text) => {
    await expect(open(text)).rejects.toThrow(/JSON object/)
  })
})

describe('a form', () => {
  test('is read until its model, then waits for somebody to take it', async () => {
    const source = new HandSource()
    const opening = openCargo(form(source, 500), { operation: 'transcription', goesAnyway: false })
    source.send(FILE, 'abc\r\n', model('whisper'), FILE)
    const cargo = await opening
    expect(cargo.model).toBe('whisper')
    expect(source.flowing).toBe(false)
    expect(cargo.sendable).toBe(true)
    const load = cargo.load(() => 'my-deployment')
    expect(load.length).toBe(500 + 'my-deployment'.length - 'whisper'.length)
    const state = taken(load)
    expect(cargo.sendable).toBe(false)
    expect(source.flowing).toBe(true)
    source.send('def', END)
    source.consumer?.end()
    expect(state).toEqual({
      text: `${FILE}abc\r\n${model('my-deployment')}${FILE}def${END}`,
      ended: true,
      error: undefined,
    })
  })

  test('with one place to go is sent on before its model has come', async () => {
    const source = new HandSource()
    const opening = openCargo(form(source, 500), { operation: 'transcription', goesAnyway: true })
    source.send(FILE, 'x'.repeat(MB))
    const cargo = await opening
    expect(cargo.model).toBeUndefined()
    const load = cargo.load((name) => `my-${name}`)
    expect(load.length).toBeUndefined()
    const state = taken(load)
    source.send(`\r\n${model('whisper')}`, END)
    expect(state.text).toContain('my-whisper')
  })

  test('whose model turns out to be unknown on the way breaks off', async () => {
    const source = new HandSource()
    const opening = openCargo(form(source), { operation: 'transcription', goesAnyway: true })
    source.send(FILE, 'x'.repeat(MB))
    const state = taken(
      (await opening).load(() => {
        throw new Error('no such model')
      }),
    )
    source.send(`\r\n${model('whisper')}`, END)
    expect(state.error?.message).toBe('no such model')
    expect(source.aborted).toBe(true)
  })

  test('that has several places to go is held until its model comes, but not for ever', async () => {
    const source = new HandSource()
    const opening = openCargo(form(source), { operation: 'image-edit', goesAnyway: false })
    const piece = 'x'.repeat(MB)
    source.send(FILE)
    for (let sent = 0; sent < 66; sent++) {
      source.send(piece)
      await Promise.resolve()
    }
    await expect(opening).rejects.toMatchObject({ code: 'too-large', message: /x-dragoman-target/ })
  })

  test('without a model is complete in the end', async () => {
    const source = new HandSource()
    const opening = openCargo(form(source, 77), { operation: 'image-edit', goesAnyway: false })
    source.send(FILE, 'abc', END)
    source.consumer?.end()
    const cargo = await opening
    expect(cargo.model).toBeUndefined()
    expect(cargo.load((name) => name).length).toBe(77)
    expect(taken(cargo.load((name) => name))).toMatchObject({ text: `${FILE}abc${END}`, ended: true })
  })

  test('of files is not looked into', async () => {
    const source = new HandSource()
    const cargo = await openCargo(form(source, 9), { operation: 'files', goesAnyway: false })
    expect(source.consumer).toBeUndefined()
    const state = taken(cargo.load(() => 'never'))
    source.send(model('stays'))
    expect(state.text).toBe(model('stays'))
  })

  test('that breaks off before its model is no cargo', async () => {
    const source = new HandSource()
    const opening = openCargo(form(source), { operation: 'transcription', goesAnyway: false })
    source.send(FILE)
    source.consumer?.error(new Error('gone'))
    await expect(opening).rejects.toThrow('gone')
  })
})
