import { invalidRequest } from '../../errors.ts'
import { asArray, asObject, asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Part, ToolResultPart } from '../../ir/part.ts'
import type { Turn } from '../../ir/request.ts'
import { decodeCall, decodeWhole, signatureOf } from './decode-part.ts'
import { keepUnknown } from './extensions.ts'
import { camelFields } from './fields.ts'
import { decodeMedia } from './media.ts'

/** `contents` as turns. A content without a role is the user's. */
export function decodeContents(wire: unknown): readonly Turn[] {
  const contents = typeof wire === 'string' ? [{ parts: [{ text: wire }] }] : wire
  if (!Array.isArray(contents)) throw invalidRequest('contents must be an array', 'contents')
  if (contents.length === 0) throw invalidRequest('contents must not be empty', 'contents')
  const calls = new CallIds()
  return contents.map((content, index) => {
    const path = `contents[${index}]`
    if (!isObject(content)) throw invalidRequest(`${path} must be an object`, path)
    const { role, parts, ...rest } = camelFields(content)
    if (role !== undefined && role !== 'user' && role !== 'model' && role !== 'function')
      throw invalidRequest(`${path}.role must be user or model`, `${path}.role`)
    if (role === 'model') calls.begin(index)
    return {
      role: role === 'model' ? 'assistant' : 'user',
      parts: sealed(asArray(parts).flatMap((part) => decodePart(camelFields(part), calls))),
      ...keepUnknown(rest),
    }
  })
}

/** `systemInstruction` as a turn; its role means nothing. */
export function decodeSystem(wire: unknown): readonly Turn[] {
  if (wire === undefined || wire === null) return []
  const content = typeof wire === 'string' ? { parts: [{ text: wire }] } : camelFields(wire)
  const { role: _, parts, ...rest } = content as JsonObject
  const said = asArray(parts).map(
    (part, at) => decodeText(camelFields(part)) ?? decodeWhole(asObject(part), `s${at}`),
  )
  return said.length === 0 ? [] : [{ role: 'system', parts: said, ...keepUnknown(rest) }]
}

/** A part of a turn. A signature on a text or call becomes reasoning without words before it. */
function decodePart(part: JsonObject, calls: CallIds): readonly Part[] {
  const signature = signatureOf(part)
  const seal = signature === undefined ? undefined : { value: signature }
  if (part['functionResponse'] !== undefined) return [decodeResult(part, calls)]
  if (isThought(part)) {
    const { text, thought: _, thoughtSignature: __, ...rest } = part
    return [{ kind: 'reasoning', text: String(text), ...(seal && { seal }), ...keepUnknown(rest) }]
  }
  const said = isObject(part['functionCall']) ? decodeCall(part, calls.next()) : decodeText(part)
  if (said === undefined) return [decodeWhole(part, calls.next())]
  if (said.kind === 'tool-call') calls.called(said.id, said.name)
  const parts = said.kind === 'text' && said.text === '' && signature !== undefined ? [] : [said]
  return seal === undefined ? parts : [{ kind: 'reasoning', text: '', seal }, ...parts]
}

/** A signature that follows a thought is that thought's seal. */
function sealed(parts: readonly Part[]): readonly Part[] {
  const out: Part[] = []
  for (const part of parts) {
    const last = out.at(-1)
    const joins = part.kind === 'reasoning' && part.text === '' && part.ext === undefined
    if (joins && part.seal !== undefined && last?.kind === 'reasoning' && last.seal === undefined)
      out[out.length - 1] = { ...last, seal: part.seal }
    else out.push(part)
  }
  return out
}

const isThought = (part: JsonObject): boolean => part['thought'] === true && typeof part['text'] === 'string'

function decodeText(part: JsonObject): Part | undefined {
  const { text, thought: _, thoughtSignature: __, ...rest } = part
  return typeof text === 'string' ? { kind: 'text', text, ...keepUnknown(rest) } : undefined
}

/** Responses other than `{output}` and `{error}` are told as JSON, and kept to go back as they came. */
function decodeResult(part: JsonObject, calls: CallIds): ToolResultPart {
  const { functionResponse, ...rest } = part
  const { id, name, response, parts, ...own } = camelFields(functionResponse)
  const { output, error, ...others } = asObject(response)
  const simple = Object.keys(others).length === 0 && (output === undefined) !== (error === undefined)
  const said = asString(output ?? error)
  const text = simple && said !== undefined ? said : JSON.stringify(response ?? {})
  const media = asArray(parts).flatMap((inner) => decodeMedia(camelFields(inner)) ?? [])
  return {
    kind: 'tool-result',
    callId: asString(id) ?? calls.answered(asString(name) ?? ''),
    content: [...(text === '' ? [] : [{ kind: 'text' as const, text }]), ...media],
    ...(error !== undefined && output === undefined && { isError: true }),
    ...keepUnknown({
      ...rest,
      ...(!(simple && said !== undefined) && { response }),
      ...(Object.keys(own).length > 0 && { functionResponse: own }),
    }),
  }
}

/** Ids for calls that have none: made from where they stand, and found again by name and order. */
class CallIds {
  #turn = 0
  #count = 0
  #open: { readonly id: string; readonly name: string }[] = []

  begin(turn: number): void {
    this.#turn = turn
    this.#count = 0
    this.#open = []
  }

  next(): string {
    return `call_${this.#turn}_${this.#count++}`
  }

  called(id: string, name: string): void {
    this.#open.push({ id, name })
  }

  answered(name: string): string {
    const at = Math.max(
      0,
      this.#open.findIndex((call) => call.name === name),
    )
    const [call] = this.#open.splice(at, 1)
    return call?.id ?? name
  }
}
