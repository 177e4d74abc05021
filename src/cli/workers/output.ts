import type { Readable } from 'node:stream'

/**
 * Hands on what a process writes in whole lines. Several processes that write to one pipe mix their lines up as soon as it is
 * full, for then each write goes through in pieces.
 *
 * @param write receives one line or several, each with its newline
 */
export function passLines(from: Readable, write: (text: string) => void): void {
  let rest = ''
  from.setEncoding('utf8')
  from.on('data', (text: string) => {
    const end = text.lastIndexOf('\n') + 1
    if (end === 0) rest += text
    else {
      write(rest + text.slice(0, end))
      rest = text.slice(end)
    }
  })
  from.on('end', () => {
    if (rest !== '') write(`${rest}\n`)
  })
}
