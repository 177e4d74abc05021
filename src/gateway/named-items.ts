import { hash } from 'node:crypto'
import { GatewayError } from '../errors.ts'
import { asArray, asString, isObject, type JsonObject } from '../ir/json.ts'
import type { Keeper } from '../protocols/protocol.ts'
import type { Call } from './call.ts'
import type { Exchange } from './exchange.ts'
import { inputItems, withInputItems } from './input-items.ts'
import type { ItemName } from './item-store.ts'
import type { Target } from './target.ts'

/**
 * A request of a Responses client with whole items in place of the ids that it was told by us: `item_reference`s, and the
 * conversation behind `previous_response_id`. No upstream knows these, whatever it speaks. Undefined when there are none;
 * ids that nobody here knows stay, for they may be the upstream's own.
 */
export function withNamedItems({ call, client, deps, outlinedWire: wire }: Exchange): Buffer | undefined {
  const { items } = deps
  if (client.id !== 'responses' || items === undefined) return undefined
  const { previous, references } = namesIn(wire)
  if (previous === undefined && references.every((id) => id === undefined)) return undefined
  const scope = scopeOf(call)
  const recall = (id: string) => items.recall({ scope, id })
  const earlier = previous === undefined ? undefined : recall(previous)
  const referred = references.map((id) => (id === undefined ? undefined : recall(id)))
  if (earlier === undefined && referred.every((known) => known === undefined)) return undefined
  const sent = inputItems(call.body).flatMap((item, index) => referred[index] ?? [item])
  return withInputItems(call.body, [...(earlier ?? []), ...sent])
}

/**
 * Refuses a request that names what is not known here and is to be translated to another protocol: nobody there can look it
 * up, and the answer would come as if it had never been said.
 *
 * @throws GatewayError `invalid-request`; another target may be the one that keeps it
 */
export function refuseUnknownNames({ client, outlinedWire: wire }: Exchange, { codec }: Target): void {
  if (client.id !== 'responses' || codec.id === client.id) return
  const { previous, references } = namesIn(wire)
  if (previous !== undefined)
    throw unknownName(
      `Previous response with id '${previous}' not found. ${NOT_KEPT} Send the whole conversation as \`input\` instead of \`previous_response_id\`.`,
      'previous_response_id',
    )
  const missing = references.find((id) => id !== undefined)
  if (missing !== undefined)
    throw unknownName(
      `Item with id '${missing}' not found. ${NOT_KEPT} Send whole items instead of references: with \`store\` set to false most clients do.`,
      'input',
    )
}

/**
 * Remembers an answer for a Responses client, item by item and as a whole with all that came before it; undefined where
 * the client wants none of it stored.
 */
export function keeperFor({ call, client, deps, isReleased, outlinedWire }: Exchange): Keeper | undefined {
  const { items } = deps
  if (client.id !== 'responses' || items === undefined || call.operation !== 'generate') return undefined
  if (isReleased || outlinedWire['store'] === false) return undefined
  const scope = scopeOf(call)
  const asked = items.keep(inputItems(call.body))
  const keep = (output: readonly JsonObject[]) =>
    items.keep(output.map((item) => JSON.stringify(asInput(item))))
  return {
    item: (id, item) => items.name({ scope, id }, keep([item])),
    answer: (id, output) => items.name({ scope, id }, [...asked, ...keep(output)]),
  }
}

/** What a request names by ids alone. */
type Names = {
  readonly previous: string | undefined
  /** The id of each item that is a reference; undefined for all others. */
  readonly references: readonly (string | undefined)[]
}

function namesIn(wire: JsonObject): Names {
  const previous = asString(wire['previous_response_id'])
  return {
    previous: previous === '' ? undefined : previous,
    references: asArray(wire['input']).map(referenceOf),
  }
}

/** Clients may leave the type out. */
function referenceOf(item: unknown): string | undefined {
  if (!isObject(item)) return undefined
  const { type, id, role } = item
  const isReference = type === 'item_reference' || ((type ?? '') === '' && role === undefined)
  return isReference ? asString(id) : undefined
}

const NOT_KEPT =
  'Dragoman remembers answers of this model for a limited time, in memory, and only for the client that got them.'

const unknownName = (message: string, param: string): GatewayError =>
  new GatewayError('invalid-request', message, { retry: 'next', details: { param } })

/** By all credentials that were sent: the one to forward may be a placeholder that many clients share. */
function scopeOf({ clientKey, headers }: Call): ItemName['scope'] {
  const credentials = [clientKey, ...CREDENTIALS.map((name) => headers[name])]
  return hash('sha256', JSON.stringify(credentials), 'base64url')
}

const CREDENTIALS = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key']

/** Items whose ids OpenAI would look up in its own store; those of tools that it runs are known by nothing else. */
const LOOKED_UP = new Set(['message', 'reasoning', 'function_call', 'custom_tool_call'])

/** An item as a client that keeps nothing sends it back. */
function asInput(item: JsonObject): JsonObject {
  if (!LOOKED_UP.has(asString(item['type']) ?? '')) return item
  const { id: _, ...rest } = item
  return rest
}
