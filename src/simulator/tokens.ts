/** What one inline file counts for, whatever its size: its base64 text is never counted. */
const FILE_TOKENS = 258
const INLINE_FILE = /^(?:data:[^,]{0,100},)?[A-Za-z0-9+/]{200,}={0,2}$/

/** Tokens of a text by the simulator's only rule: four characters each, rounded up. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / 4)
}

/** Tokens of the parts of a request that a model reads. */
export function countPrompt(...values: readonly unknown[]): number {
  let files = 0
  let text = 0
  for (const value of values) {
    if (value === undefined) continue
    const rendered = JSON.stringify(value, (_key, member: unknown) => {
      if (typeof member !== 'string' || !INLINE_FILE.test(member)) return member
      files += 1
      return ''
    })
    text += countTokens(rendered)
  }
  return text + files * FILE_TOKENS
}
