import type { Part, ReasoningPart } from '../../ir/part.ts'
import { encodePart } from './encode-parts.ts'
import type { PartContext } from './encode-parts.ts'
import { ownFields, reportForeign } from './extensions.ts'
import { ownToolPart } from './server-tools.ts'
import { SKIP_SIGNATURE } from './wire.ts'
import type { WirePart } from './wire.ts'

/**
 * What the model said, as parts. Google signs the part that comes after the thinking; the IR keeps that signature as the
 * seal of the reasoning before it, which is the one place that every client sends back. Here it returns to its part: the
 * call or text that follows the reasoning. With nothing to bear it, it stays on the thought. Thoughts without a signature
 * stay out of a history.
 */
export function encodeAnswer(
  parts: readonly Part[],
  path: string,
  context: PartContext,
): readonly WirePart[] {
  const writer = new AnswerWriter(context)
  for (const [at, part] of parts.entries()) writer.add(part, `${path}[${at}]`)
  return writer.finish()
}

class AnswerWriter {
  readonly #context: PartContext
  readonly #out: WirePart[] = []
  /** A signature on its way to the next part. */
  #signature: string | undefined
  /** Where the thought stands that it came with, when it had words. */
  #thought: number | undefined

  constructor(context: PartContext) {
    this.#context = context
  }

  add(part: Part, path: string): void {
    if (part.kind === 'reasoning') {
      this.#settle()
      this.#reason(part, path)
      return
    }
    const own = part.kind === 'tool-call' ? part.seal?.value : undefined
    const [first, ...others] = encodePart(part, path, this.#context)
    if (first === undefined) return
    const bears = first['functionCall'] !== undefined || typeof first['text'] === 'string'
    if (own !== undefined && own !== this.#signature) this.#settle()
    if (!bears || first['thoughtSignature'] !== undefined) this.#settle()
    const signature = own ?? this.#signature
    this.#signature = undefined
    this.#out.push(signature === undefined ? first : { ...first, thoughtSignature: signature }, ...others)
  }

  finish(): readonly WirePart[] {
    this.#settle()
    return this.#out
  }

  #reason(part: ReasoningPart, path: string): void {
    const { losses, towards } = this.#context
    reportForeign(path, part.ext, losses)
    if (part.redacted) losses.approximated(path, 'redacted thinking as a mere signature')
    if (part.seal === undefined && towards === 'upstream') {
      if (part.text !== '') losses.foreignSeal(path, 'thinking without a signature')
      return
    }
    this.#thought = part.text === '' ? undefined : this.#out.length
    if (part.text !== '') this.#out.push({ text: part.text, thought: true, ...ownFields(part.ext) })
    this.#signature = part.seal?.value
  }

  /** No part came to bear the signature: it stays with its thought, or with an empty text. */
  #settle(): void {
    const signature = this.#signature
    const at = this.#thought
    this.#signature = undefined
    this.#thought = undefined
    if (signature === undefined) return
    const thought = at === undefined ? undefined : this.#out[at]
    if (at === undefined || thought === undefined) this.#out.push({ text: '', thoughtSignature: signature })
    else this.#out[at] = { ...thought, thoughtSignature: signature }
  }
}

/**
 * The parts with the turn's last sealed thinking directly before its first call, where that call has no signature. Some
 * clients (Chat) send thinking, words and calls sorted by kind.
 */
export function withThinkingBeforeCall(parts: readonly Part[]): readonly Part[] {
  const call = parts.findIndex((part) => part.kind === 'tool-call')
  const first = parts[call]
  if (first?.kind !== 'tool-call' || first.seal !== undefined) return parts
  const thought = parts
    .slice(0, call)
    .findLastIndex((part) => part.kind === 'reasoning' && part.seal !== undefined)
  if (thought < 0 || thought === call - 1) return parts
  if (!parts.slice(thought + 1, call).every(isTold)) return parts
  return [
    ...parts.slice(0, thought),
    ...parts.slice(thought + 1, call),
    parts[thought]!,
    ...parts.slice(call),
  ]
}

/** Words, and tool runs of other providers, which are told in words. */
const isTold = (part: Part): boolean =>
  part.kind === 'text' || (part.kind === 'server-tool' && ownToolPart(part) === undefined)

/** The parts with Google's placeholder on the first call, if it lost its signature. */
export function withSignedCall(parts: readonly WirePart[]): readonly WirePart[] {
  const at = parts.findIndex((part) => part['functionCall'] !== undefined)
  const call = parts[at]
  if (call === undefined || call['thoughtSignature'] !== undefined) return parts
  return parts.with(at, { ...call, thoughtSignature: SKIP_SIGNATURE })
}
