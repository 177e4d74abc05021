import { invalidRequest } from '../../errors.ts'

/**
 * The one text of a request. A list of one is its text.
 * @throws `invalid-request` for token lists, which only their own model could read, and for several prompts: these are
 * several requests (see `fan-out`).
 */
export function decodePrompt(prompt: unknown): string {
  if (typeof prompt === 'string') return prompt
  if (!Array.isArray(prompt) || prompt.length === 0)
    throw invalidRequest('prompt must be a string or an array of strings', 'prompt')
  if (!isTexts(prompt)) throw invalidRequest('prompt: token ids are not supported; send the text', 'prompt')
  const [text = '', ...others] = prompt
  if (others.length > 0) throw invalidRequest('prompt: one text a request is supported here', 'prompt')
  return text
}

/** True for a list of texts. */
export function isTexts(prompt: unknown): prompt is readonly string[] {
  return Array.isArray(prompt) && prompt.every((one) => typeof one === 'string')
}
