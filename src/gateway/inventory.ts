import { asArray, asObject, asString, parseJson } from '../ir/json.ts'
import type { Logger } from '../log.ts'
import type { Provider, RequestLine } from '../providers/provider.ts'
import type { Clock } from '../stream/clock.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Deployment, Inventory } from './listing.ts'

/** A list of models waits this long for the providers' own. Milliseconds. */
const PATIENCE_MS = 2_000
/** What was learnt is taken to hold so long. Milliseconds. */
const LIFETIME_MS = 10 * 60_000
const TIMEOUTS = { connect: 10_000, firstByte: 30_000 } as const
/** Bytes; a deployment has about one kilobyte. */
const LONGEST_PAGE = 4 * 1024 * 1024
const MOST_PAGES = 20

export type InventoryDeps = { readonly upstream: Upstream; readonly log: Logger; readonly clock: Clock }

/**
 * What the providers that can tell say they have. Fetched in the background and kept; whoever asks gets what is known, and
 * waits two seconds at most when nothing is known yet.
 */
export class Inventories {
  readonly #providers: readonly Provider[]
  readonly #deps: InventoryDeps
  #known: Inventory = new Map()
  #fetchedAt = -Infinity
  #fetching: Promise<void> | undefined

  constructor(providers: Iterable<Provider>, deps: InventoryDeps) {
    this.#providers = [...providers].filter(({ inventory }) => inventory !== undefined)
    this.#deps = deps
  }

  async current(): Promise<Inventory> {
    const { clock } = this.#deps
    if (this.#providers.length === 0) return this.#known
    const isFirst = this.#fetchedAt === -Infinity
    if (clock.now() - this.#fetchedAt > LIFETIME_MS) {
      this.#fetching ??= this.#fetch().finally(() => {
        this.#fetchedAt = clock.now()
        this.#fetching = undefined
      })
    }
    if (isFirst && this.#fetching !== undefined) await this.#atMost(this.#fetching, PATIENCE_MS)
    return this.#known
  }

  async #fetch(): Promise<void> {
    const lists = await Promise.all(
      this.#providers.map(async (provider) => [provider.name, await this.#listOf(provider)] as const),
    )
    // A provider that does not answer now keeps what it said before.
    const told = lists.flatMap(([name, list]) => (list === undefined ? [] : [[name, list] as const]))
    this.#known = new Map([...this.#known, ...told])
  }

  async #listOf(provider: Provider): Promise<readonly Deployment[] | undefined> {
    try {
      const line = await provider.inventory?.()
      return line === undefined ? undefined : await this.#pages(line, provider)
    } catch (cause) {
      const { log } = this.#deps
      log.warn('the deployments could not be listed; models come from the config', {
        provider: provider.name,
        cause,
      })
      return undefined
    }
  }

  async #pages({ url, headers }: RequestLine, { network }: Provider): Promise<readonly Deployment[]> {
    const found: Deployment[] = []
    let next: string | undefined = url
    for (let page = 0; next !== undefined && page < MOST_PAGES; page++) {
      const response = await this.#deps.upstream.send({
        method: 'GET',
        url: next,
        headers,
        timeouts: TIMEOUTS,
        ...(network !== undefined && { network }),
        signal: new AbortController().signal,
      })
      const body = asObject(parseJson((await response.bytes(LONGEST_PAGE)).toString('utf8')))
      if (response.status !== 200) {
        const words = asString(asObject(body['error'])['message']) ?? 'no message'
        throw new Error(`Azure Resource Manager answered ${response.status}: ${words}`)
      }
      found.push(...deploymentsIn(asArray(body['value'])))
      next = followable(asString(body['nextLink']), url)
    }
    return found
  }

  #atMost(work: Promise<void>, ms: number): Promise<void> {
    const { clock } = this.#deps
    return new Promise((resolve) => {
      const timer = clock.setTimeout(resolve, ms)
      void work.then(() => {
        clock.clearTimeout(timer)
        resolve()
      })
    })
  }
}

/** Deployments that serve; in Azure's words those whose provisioning has succeeded. */
function deploymentsIn(value: readonly unknown[]): readonly Deployment[] {
  return value.map(asObject).flatMap((deployment) => {
    const name = asString(deployment['name'])
    const properties = asObject(deployment['properties'])
    const state = asString(properties['provisioningState']) ?? 'Succeeded'
    if (name === undefined || !/^(?:succeeded|updating)$/i.test(state)) return []
    return [{ name, model: asString(asObject(properties['model'])['name']) ?? name }]
  })
}

/** The token goes along, so that the next page may only be where the first was. */
function followable(link: string | undefined, first: string): string | undefined {
  if (link === undefined || !URL.canParse(link)) return undefined
  return new URL(link).origin === new URL(first).origin ? link : undefined
}
