import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** Beyond this size a log is put aside at the next start, and the one before it forgotten. Bytes. */
const LARGEST = 10 * 1024 * 1024
const BLOCK = 64 * 1024

/** Opens a log to write at its end. Returns the file descriptor. Mode 0600. */
export function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  if (sizeOf(file) > LARGEST) renameSync(file, `${file}.old`)
  return openSync(file, 'a', 0o600)
}

/** The last lines of a file, and how many bytes it has; nothing when there is no such file. */
export function tail(
  file: string,
  lines: number,
): { readonly lines: readonly string[]; readonly end: number } {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    return { lines: [], end: 0 }
  }
  try {
    const end = fstatSync(descriptor).size
    let start = end
    let bytes = Buffer.alloc(0)
    while (start > 0 && countLines(bytes) <= lines) {
      const length = Math.min(BLOCK, start)
      start -= length
      const block = Buffer.alloc(length)
      readSync(descriptor, block, 0, length, start)
      bytes = Buffer.concat([block, bytes])
    }
    const all = bytes.toString('utf8').split('\n')
    if (all.at(-1) === '') all.pop()
    return { lines: lines === 0 ? [] : all.slice(-lines), end }
  } finally {
    closeSync(descriptor)
  }
}

/** The text after a position, and the new position. A file that became shorter is a new one. */
export function readOn(file: string, position: number): { readonly text: string; readonly end: number } {
  const size = sizeOf(file)
  const start = size < position ? 0 : position
  if (size === start) return { text: '', end: start }
  const descriptor = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(size - start)
    const length = readSync(descriptor, bytes, 0, bytes.length, start)
    // A line that is being written is read when it is whole.
    const whole = bytes.subarray(0, length).lastIndexOf(0x0a) + 1
    return { text: bytes.toString('utf8', 0, whole), end: start + whole }
  } finally {
    closeSync(descriptor)
  }
}

function countLines(bytes: Buffer): number {
  let count = 0
  for (const byte of bytes) if (byte === 0x0a) count += 1
  return count
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
