import { mkdirSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Replaces a file in one step, through links, so that no reader ever sees half of it and a crash leaves the old one.
 *
 * @param mode the permissions of a new file; an old one keeps its own, unless `mode` allows less
 */
export function replaceFile(path: string, text: string, mode: number): void {
  const target = resolved(path)
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
  const before = statSync(target, { throwIfNoEntry: false })
  const draft = `${target}.${process.pid}.tmp`
  writeFileSync(draft, text, { mode: before === undefined ? mode : before.mode & mode })
  renameSync(draft, target)
}

/** Dotfiles are often links into a repository: the link stays. */
function resolved(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
