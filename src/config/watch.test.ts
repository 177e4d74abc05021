import { beforeEach, expect, it, vi } from 'vitest'
import { watchFiles } from './watch.ts'

/** A file system and a clock that move when told. */
function world() {
  const texts: Record<string, string | undefined> = { '/a/dragoman.yaml': 'one', '/a/.env': undefined }
  const touched: (() => void)[] = []
  const waiting = new Set<() => void>()
  const ticks: (() => void)[] = []
  return {
    texts,
    touch: () => touched.forEach((call) => call()),
    settle: () => waiting.forEach((call) => call()),
    tick: () => ticks.forEach((call) => call()),
    folders: touched,
    options: {
      files: Object.keys(texts),
      folderOf: () => '/a',
      read: (path: string) => texts[path],
      watchFolder: (_: string, changed: () => void) => {
        touched.push(changed)
        return () => void touched.splice(0)
      },
      every: (_: number, tick: () => void) => {
        ticks.push(tick)
        return () => void ticks.splice(0)
      },
      after(_: number, then: () => void) {
        const call = () => {
          waiting.delete(call)
          then()
        }
        waiting.add(call)
        return () => void waiting.delete(call)
      },
    },
  }
}

const changed = vi.fn<() => Promise<void>>()
const failed = vi.fn<(thrown: unknown) => void>()
const turn = () => new Promise<void>((resolve) => void setImmediate(resolve))
beforeEach(() => {
  changed.mockReset().mockResolvedValue()
  failed.mockReset()
})

it('takes what an editor does in several steps as one edit', async () => {
  const it = world()
  watchFiles({ ...it.options, changed, failed })
  it.texts['/a/dragoman.yaml'] = ''
  it.touch()
  it.texts['/a/dragoman.yaml'] = 'two'
  it.touch()
  it.settle()
  await turn()
  expect(changed).toHaveBeenCalledTimes(1)
})

it('ignores what leaves the text as it was', async () => {
  const it = world()
  watchFiles({ ...it.options, changed, failed })
  it.touch()
  it.settle()
  it.tick()
  await turn()
  expect(changed).not.toHaveBeenCalled()
})

it('notices without being told, and files that appear', async () => {
  const it = world()
  watchFiles({ ...it.options, changed, failed })
  it.texts['/a/.env'] = 'K=1'
  it.tick()
  await turn()
  expect(changed).toHaveBeenCalledTimes(1)
})

it('reports a broken edit and takes the next', async () => {
  const it = world()
  watchFiles({ ...it.options, changed, failed })
  changed.mockRejectedValueOnce(new Error('broken'))
  it.texts['/a/dragoman.yaml'] = 'broken'
  it.tick()
  await turn()
  expect(failed).toHaveBeenCalledWith(new Error('broken'))
  it.texts['/a/dragoman.yaml'] = 'fine'
  it.tick()
  await turn()
  expect(changed).toHaveBeenCalledTimes(2)
  expect(failed).toHaveBeenCalledTimes(1)
})

it('stops', async () => {
  const it = world()
  const stop = watchFiles({ ...it.options, changed, failed })
  it.texts['/a/dragoman.yaml'] = 'two'
  it.touch()
  stop()
  it.settle()
  it.tick()
  await turn()
  expect(changed).not.toHaveBeenCalled()
  expect(it.folders).toEqual([])
})
