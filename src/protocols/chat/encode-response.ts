import { Losses } from '../../ir/dropped.ts'
import type { Encoded } from '../../ir/dropped.ts'
import { asArray, asObject, compact, parseJson } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Part, ToolCallPart } from '../../ir/part.ts'
import type { Finish, ModelResponse } from '../../ir/response.ts'
import { filterVerdicts } from '../content-filter.ts'
import { reportUnshown } from '../openai/report-unshown.ts'
import type { ReplyContext } from '../protocol.ts'
import { reportForeign } from './extensions.ts'
import { encodeFinish } from './finish.ts'
import { encodeDetail } from './reasoning-details.ts'
import { CallIds, encodeCitations, encodeReplyMedia, encodeSignature } from './reply-parts.ts'
import { encodeUsage } from './usage.ts'

/** A whole answer for a Chat client, under the name that it asked for. */
export function encodeResponse(response: ModelResponse, context: ReplyContext): Encoded<JsonObject> {
  const losses = new Losses()
  reportForeign('', response.ext, losses)
  const { choice, message, ...top } = response.ext?.chat ?? {}
  const legacy = context.request.legacyFunctions === true
  const others = response.alternatives ?? []
  const body = {
    id: `chatcmpl-${context.id}`,
    object: 'chat.completion',
    created: context.created,
    model: context.request.model,
    choices: [
      encodeChoice(response.parts, response.finish, 0, legacy, losses, { choice, message }),
      ...others.map((other, index) => encodeChoice(other.parts, other.finish, index + 1, legacy, losses)),
    ],
    ...compact({
      usage: response.usage && encodeUsage(response.usage),
      service_tier: response.usage?.serviceTier,
    }),
    ...top,
  }
  for (const loss of losses.list) context.onDropped?.(loss)
  return { body, dropped: losses.list }
}

function encodeChoice(
  parts: readonly Part[],
  finish: Finish,
  index: number,
  legacy: boolean,
  losses: Losses,
  own: { readonly choice?: unknown; readonly message?: unknown } = {},
): JsonObject {
  const message = new MessageBuilder(legacy, losses)
  for (const [at, part] of parts.entries()) message.add(part, `choices[${index}].content[${at}]`)
  if (finish.reason === 'refusal' && message.refusal === '' && finish.detail?.explanation !== undefined)
    message.explain(finish.detail.explanation)
  return {
    index,
    message: message.build(asObject(own.message)),
    logprobs: null,
    ...filterVerdicts(finish),
    ...asObject(own.choice),
    finish_reason: encodeFinish(finish, { ...message.said, legacy }),
  }
}

class MessageBuilder {
  readonly #legacy: boolean
  readonly #losses: Losses
  readonly #ids = new CallIds()
  #content: string | undefined
  #reasoning = ''
  #refusal = ''
  #explanation = ''
  #thoughts = 0
  readonly #details: JsonObject[] = []
  readonly #calls: { readonly part: ToolCallPart; readonly id: string }[] = []
  readonly #annotations: JsonObject[] = []
  readonly #images: JsonObject[] = []
  #audio: JsonObject | undefined

  constructor(legacy: boolean, losses: Losses) {
    this.#legacy = legacy
    this.#losses = losses
  }

  /** The refusal in the model's own words. */
  get refusal(): string {
    return this.#refusal
  }

  get said(): { readonly calls: boolean; readonly refusal: boolean; readonly complete: boolean } {
    return {
      calls: this.#calls.length > 0,
      refusal: this.#refusal !== '',
      complete: this.#calls.every(
        ({ part }) => part.custom || part.input.trim() === '' || parseJson(part.input) !== undefined,
      ),
    }
  }

  explain(explanation: string): void {
    this.#explanation = explanation
  }

  add(part: Part, path: string): void {
    const losses = this.#losses
    reportForeign(path, part.ext, losses)
    switch (part.kind) {
      case 'text': {
        const place = { offset: this.#content?.length ?? 0, length: part.text.length }
        this.#content = (this.#content ?? '') + part.text
        this.#annotations.push(...encodeCitations(part.citations ?? [], place, path, losses))
        return
      }
      case 'reasoning': {
        this.#reasoning += part.text
        const detail = encodeDetail(part, this.#thoughts++)
        if (detail !== undefined) this.#details.push(detail)
        return
      }
      case 'refusal':
        this.#refusal += part.text
        return
      case 'tool-call':
        if (part.name === '') return
        if (this.#legacy && this.#calls.length > 0)
          losses.content(`function_call ${part.name}`, 'a second call; the client reads one')
        else this.#calls.push({ part, id: this.#ids.take(part.id) })
        return
      case 'media': {
        const media = encodeReplyMedia(part)
        if (media === undefined) reportUnshown(part, path, 'Chat Completions', losses)
        this.#images.push(...(media?.images ?? []))
        this.#audio = media?.audio ?? this.#audio
        return
      }
      case 'server-tool':
      case 'tool-result':
      case 'tool-reference':
      case 'opaque':
        reportUnshown(part, path, 'Chat Completions', losses)
        return
      default:
        part satisfies never
    }
  }

  /** The message; `own` are fields of a Chat upstream that the IR does not model. */
  build(own: JsonObject): JsonObject {
    const refusal = this.#refusal + this.#explanation
    const silent = this.#calls.length > 0 || refusal !== '' || this.#audio !== undefined
    const annotations = [...asArray(own['annotations']), ...this.#annotations]
    const [first] = this.#calls
    return {
      role: 'assistant',
      content: this.#content ?? (silent ? null : ''),
      refusal: refusal === '' ? null : refusal,
      ...own,
      ...(this.#reasoning !== '' && { reasoning_content: this.#reasoning }),
      ...(this.#details.length > 0 && { reasoning_details: this.#details }),
      ...(this.#images.length > 0 && { images: this.#images }),
      ...(this.#audio !== undefined && { audio: this.#audio }),
      ...(annotations.length > 0 && { annotations }),
      ...(first !== undefined && !this.#legacy && { tool_calls: this.#calls.map(encodeCall) }),
      ...(first !== undefined && this.#legacy && { function_call: encodeCalled(first.part) }),
    }
  }
}

function encodeCall({ part, id }: { readonly part: ToolCallPart; readonly id: string }): JsonObject {
  const seal = encodeSignature(part.seal)
  if (part.custom) return { id, type: 'custom', custom: { name: part.name, input: part.input }, ...seal }
  return { id, type: 'function', function: encodeCalled(part), ...seal }
}

/** Clients parse the arguments: a call without any says `{}`. */
function encodeCalled(part: ToolCallPart): JsonObject {
  return { name: part.name, arguments: part.input.trim() === '' ? '{}' : part.input }
}
