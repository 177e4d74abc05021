import { watch } from 'node:fs'

/** Watches a folder. Some cannot be watched, or do not exist; looking now and then covers them. */
export function watchFolder(folder: string, changed: () => void): () => void {
  try {
    const watcher = watch(folder, { persistent: false }, changed)
    watcher.on('error', () => watcher.close())
    return () => watcher.close()
  } catch {
    return () => {}
  }
}

/** Lets a timer keep no process alive, and gives what stops it. */
export function stopTimer(timer: NodeJS.Timeout): () => void {
  timer.unref()
  return () => clearTimeout(timer)
}
