/** One name that clients may ask for. */
export type ListedModel = {
  readonly id: string
  readonly displayName: string
  readonly ownedBy: string
  /** Tokens. */
  readonly contextWindow?: number
  /** Tokens. */
  readonly maxOutputTokens?: number
  /** In the shape of Anthropic's model object; told as it is. */
  readonly capabilities?: Record<string, unknown>
  /** The name that this one stands for. */
  readonly aliasOf?: string
}

export type ModelListing = readonly ListedModel[]

/** 2025-01-01: any date does, as long as it is none of 1970 and never moves. */
const DEFAULT_EPOCH = 1_735_689_600

/** One model in a shape that both OpenAI's and Anthropic's SDK read: a superset of their model objects. */
export function modelObject(model: ListedModel, epoch: number = DEFAULT_EPOCH) {
  return {
    id: model.id,
    object: 'model',
    type: 'model',
    display_name: model.displayName,
    ...(model.aliasOf !== undefined && { description: `Stands for ${model.aliasOf}` }),
    created: epoch,
    created_at: new Date(epoch * 1000).toISOString().replace('.000Z', 'Z'),
    owned_by: model.ownedBy,
    max_input_tokens: model.contextWindow ?? null,
    max_tokens: model.maxOutputTokens ?? null,
    // The names that OpenAI's side of the world reads.
    context_window: model.contextWindow ?? null,
    max_output_tokens: model.maxOutputTokens ?? null,
    capabilities: model.capabilities ?? null,
    lifecycle: 'active',
    deprecated_at: null,
    retires_at: null,
    line: null,
  }
}

/** The same in Azure's words for a deployment. */
export function deploymentObject(model: ListedModel, epoch?: number) {
  return {
    ...modelObject(model, epoch),
    object: 'deployment',
    model: model.aliasOf ?? model.id,
    status: 'succeeded',
  }
}

/** What one model can do, and how much. */
export function capabilitiesObject({ id, contextWindow, maxOutputTokens, capabilities }: ListedModel) {
  return {
    ...capabilities,
    id,
    object: 'model.capabilities',
    context_window: contextWindow ?? null,
    max_output_tokens: maxOutputTokens ?? null,
  }
}

/** A list page that both SDKs read; `shape` makes its members. */
export function modelPage(
  listing: ModelListing,
  query: string,
  shape: (model: ListedModel) => { readonly id: string },
) {
  const { page, more } = paginate(listing, new URLSearchParams(query))
  return {
    object: 'list',
    data: page.map(shape),
    has_more: more,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  }
}

/** The model of that name, in any case when none has it exactly. */
export function findModel(listing: ModelListing, id: string): ListedModel | undefined {
  const lower = id.toLowerCase()
  return listing.find((model) => model.id === id) ?? listing.find((model) => model.id.toLowerCase() === lower)
}

/**
 * Anthropic's cursors. Without `limit` everything comes at once, because OpenAI's clients do not turn pages; a
 * cursor that is not in the list any more ends the reading instead of beginning it anew.
 */
function paginate(listing: ModelListing, query: URLSearchParams): { page: ModelListing; more: boolean } {
  const limit = readLimit(query.get('limit'))
  const before = query.get('before_id')
  const after = query.get('after_id')
  const at = (id: string) => listing.findIndex((model) => model.id === id)
  if (before !== null) {
    const end = Math.max(at(before), 0)
    const start = Math.max(end - limit, 0)
    return { page: listing.slice(start, end), more: start > 0 }
  }
  const found = after === null ? -1 : at(after)
  if (after !== null && found < 0) return { page: [], more: false }
  const start = found + 1
  return { page: listing.slice(start, start + limit), more: start + limit < listing.length }
}

function readLimit(text: string | null): number {
  const limit = Number(text ?? NaN)
  return Number.isInteger(limit) && limit > 0 ? limit : Infinity
}
