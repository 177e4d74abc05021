/** What one inline file counts for, whatever its size: its base64 text is never counted. */
const FILE_TOKENS = 258
const DATA_URL = /^data:[^,]{0,100},/
const NOT_BASE64 = /[^A-Za-z0-9+/=]/
const SHORTEST_FILE = 200

/** Tokens of a text by the simulator's only rule: four characters each, rounded up. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / 4)
}

/** No pattern for the whole text: such patterns overflow the stack from some megabytes on. */
function isInlineFile(text: string): boolean {
  const data = text.slice(DATA_URL.exec(text)?.[0].length ?? 0)
  return data.length >= SHORTEST_FILE && !NOT_BASE64.test(data)
}

/** Tokens of the parts of a request that a model reads. */
export function countPrompt(...values: readonly unknown[]): number {
  let files = 0
  let text = 0
  for (const value of values) {
    if (value === undefined) continue
    const rendered = JSON.stringify(value, (_key, member: unknown) => {
      if (typeof member !== 'string' || !isInlineFile(member)) return member
      files += 1
      return ''
    })
    text += countTokens(rendered)
  }
  return text + files * FILE_TOKENS
}
