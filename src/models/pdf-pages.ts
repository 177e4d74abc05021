/** Larger files are not searched. Characters of base64. */
const LARGEST = 16 * 1024 * 1024

/**
 * How many pages a PDF has, by its page objects; undefined where those are compressed or the file is too large to look
 * for them.
 */
export function pdfPages(base64: string): number | undefined {
  if (base64.length > LARGEST) return undefined
  const text = Buffer.from(base64, 'base64').toString('latin1')
  let pages = 0
  for (let at = text.indexOf('/Type'); at >= 0; at = text.indexOf('/Type', at + 5)) {
    if (/^\s*\/Page(?![A-Za-z])/.test(text.slice(at + 5, at + 20))) pages += 1
  }
  return pages === 0 ? undefined : pages
}
