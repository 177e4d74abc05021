/**
 * Cuts a text as a tokenizer would: words of a few characters with the white space before them. Joined, the
 * pieces are the text again; no piece ends within a character.
 */
export function words(text: string): string[] {
  return text.match(/\s*\S{1,7}|\s+/gu) ?? []
}

/** Like `words`, but several to a piece: Claude's deltas are longer. */
export function phrases(text: string): string[] {
  return text.match(/(?:\s*\S{1,9}){1,3}|\s+/gu) ?? []
}

/** Cuts JSON text into the short fragments in which tool arguments arrive. */
export function fragments(json: string): string[] {
  return json.match(/.{1,6}/gsu) ?? []
}
