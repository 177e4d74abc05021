/** The file system as far as watching needs it. */
export type Watcher = {
  /** Calls back on any change in a folder, and stops when the returned function is called. */
  readonly watchFolder: (folder: string, changed: () => void) => () => void
  /** Calls back every so many milliseconds, and stops when the returned function is called. */
  readonly every: (ms: number, tick: () => void) => () => void
  /** Calls back once after so many milliseconds, unless the returned function is called before. */
  readonly after: (ms: number, then: () => void) => () => void
  /** The text of a file; undefined when there is none or it cannot be read. */
  readonly read: (path: string) => string | undefined
}

export type WatchOptions = Watcher & {
  readonly files: readonly string[]
  readonly folderOf: (path: string) => string
  /** Called when a file's text is another than before. Errors it throws go to `failed`. */
  readonly changed: () => void | Promise<void>
  readonly failed: (thrown: unknown) => void
}

/** Editors write in several steps; what comes within this time is one edit. Milliseconds. */
const SETTLE_MS = 150
/** Folders of containers and network mounts report no changes: they are looked at this often. Milliseconds. */
const POLL_MS = 2000

/**
 * Watches files by their text. Folders are watched rather than files, for editors and Kubernetes replace files
 * instead of writing into them.
 *
 * @returns stops watching
 */
export function watchFiles(options: WatchOptions): () => void {
  const { files, folderOf, watchFolder, every, after, read, changed, failed } = options
  const texts = () => JSON.stringify(files.map((file) => read(file) ?? null))
  let known = texts()
  let settle: (() => void) | undefined
  let running = Promise.resolve()

  const look = () => {
    settle = undefined
    const now = texts()
    if (now === known) return
    known = now
    running = running.then(changed).catch(failed)
  }
  const soon = () => {
    settle?.()
    settle = after(SETTLE_MS, look)
  }
  const stops = [
    every(POLL_MS, () => {
      if (settle === undefined) look()
    }),
    ...[...new Set(files.map(folderOf))].map((folder) => watchFolder(folder, soon)),
  ]
  return () => {
    settle?.()
    for (const stop of stops) stop()
  }
}
