import { clientGone, type GatewayError, toGatewayError } from '../../errors.ts'
import { chat } from '../../protocols/chat/index.ts'
import type { RequestFacts } from '../../routing/condition.ts'
import { Course } from '../../routing/course.ts'
import type { TargetRef } from '../../routing/rule.ts'
import type { UpstreamResponse } from '../../upstream/upstream.ts'
import type { Carry, Reply } from '../call.ts'
import type { GatewayDeps } from '../deps.ts'
import { failureOf } from '../failure.ts'
import { secretsIn, withoutSecrets } from '../own-secrets.ts'
import { blameClient } from '../relay-error.ts'
import { sleep } from '../sleep.ts'
import { candidates, hasOnePlace, modelAt, type CarryTarget } from './candidates.ts'
import { openCargo, type Cargo } from './cargo.ts'
import { Passage } from './passage.ts'
import { relayAnswer, tellError } from './relay.ts'

/**
 * Carries one request of OpenAI's API to a provider that has it: body and answer stream through untouched but for the
 * model's name. It never throws, and the client hears exactly one ending.
 */
export async function carry(call: Carry, reply: Reply, deps: GatewayDeps): Promise<void> {
  const passage = new Passage(call, reply, deps)
  try {
    const error = await tryTargets(passage)
    if (error !== undefined) tellError(passage, error)
    passage.log(error)
  } catch (thrown) {
    const error = toGatewayError(thrown)
    tellError(passage, error)
    passage.log(error)
  }
}

/** Finds out where the request may go, and tries it there. */
async function tryTargets(passage: Passage): Promise<GatewayError | undefined> {
  const { call, deps } = passage
  const { settings, owners } = deps
  const query = new URLSearchParams(call.query)
  const pinned = call.headers['x-dragoman-target']
  const cargo = await openCargo(call.body, {
    operation: call.operation,
    goesAnyway: hasOnePlace(call.operation, pinned, settings),
  })
  const isKnown = call.operation !== 'any-path'
  passage.model = cargo.model ?? (isKnown ? (query.get('model') ?? undefined) : undefined)
  const ids = [...call.path.split('/').map(decoded), ...cargo.ids]
  const targets = candidates(
    {
      operation: call.operation,
      route: `${call.method} ${isKnown ? '/v1' : ''}${call.path}`,
      model: passage.model,
      pinned,
      owner: ids.map((id) => owners?.of(id)).find((owner) => owner !== undefined),
    },
    settings,
    factsOf(call),
  )
  return passage.model === undefined
    ? await askAround(passage, cargo, targets)
    : await followCourse(passage, cargo, targets)
}

/**
 * Without a model the places are no substitutes for each other: the next is asked only for what the former does not
 * know, for after any other failure a second file or batch might come to be. The first error is the one to tell.
 */
async function askAround(
  passage: Passage,
  cargo: Cargo,
  targets: readonly CarryTarget[],
): Promise<GatewayError | undefined> {
  let told: GatewayError | undefined
  for (const target of targets) {
    const error = await tryTarget(passage, cargo, target)
    if (error === undefined || isSettled(passage)) return error
    told ??= error
    if (error.code !== 'not-found' || !cargo.sendable) break
  }
  return told
}

/** With a model the targets are tried as for every other request: healthy ones first, again where that may help. */
async function followCourse(
  passage: Passage,
  cargo: Cargo,
  targets: readonly CarryTarget[],
): Promise<GatewayError | undefined> {
  const { call, deps } = passage
  const places = new Map(targets.map((target) => [refOf(target), target]))
  const course = new Course([...places.keys()], {
    health: deps.health,
    now: () => deps.clock.now(),
    draw: deps.draw,
    retries: ({ provider }) => deps.settings.providers.get(provider)?.retries ?? 0,
  })
  for (let move = course.next(); move !== undefined; move = course.next()) {
    if ('waitMs' in move) {
      await sleep(move.waitMs, call.signal, deps.clock)
      if (!call.signal.aborted) continue
      return clientGone()
    }
    const target = places.get(move.target)
    if (target === undefined) break
    const error = await tryTarget(passage, cargo, target)
    if (error === undefined || isSettled(passage) || !cargo.sendable) return error
    course.failed(move.target, error)
  }
  return course.outcome()
}

const refOf = ({ provider, model = '' }: CarryTarget): TargetRef => ({ provider: provider.name, model })

/** True when there is nothing left to decide: the client has its answer, or wants none. */
const isSettled = ({ reply, call }: Passage): boolean => reply.started || call.signal.aborted

/** Tries one place, a second time with fresh credentials, and keeps account of its health. */
async function tryTarget(
  passage: Passage,
  cargo: Cargo,
  target: CarryTarget,
): Promise<GatewayError | undefined> {
  const { call, deps } = passage
  const { provider } = target
  const limits = provider.forwardsClientKey === true ? 'of-client' : 'shared'
  const trial = deps.health.begin(refOf(target), limits)
  passage.target = target
  try {
    for (let refreshed = false; ; refreshed = true) {
      passage.attempts += 1
      const thrown = await failureFrom(() => deliver(passage, cargo, target))
      const explained = thrown && (provider.explain?.(thrown, target.model ?? '') ?? thrown)
      const error = explained && blameClient(explained, target)
      const mayRefresh =
        error?.code === 'upstream-auth' && !refreshed && cargo.sendable && !isSettled(passage)
      if (mayRefresh && (await provider.refresh?.())) continue
      if (!call.signal.aborted) trial.end(error)
      return error
    }
  } finally {
    trial.abandon()
  }
}

async function failureFrom(work: () => Promise<void>): Promise<GatewayError | undefined> {
  try {
    await work()
    return undefined
  } catch (thrown) {
    return toGatewayError(thrown)
  }
}

/** Sends the request to one place and relays what it answers. Throws what went wrong. */
async function deliver(passage: Passage, cargo: Cargo, target: CarryTarget): Promise<void> {
  const { call, deps } = passage
  const { provider, carrier, model } = target
  const { url, headers } = await carrier.request({
    operation: call.operation,
    path: call.path,
    query: call.operation === 'any-path' ? call.query : upstreamQuery(call.query),
    ...(model !== undefined && { model }),
    ...(cargo.contentType !== undefined && { contentType: cargo.contentType }),
    clientHeaders: call.headers,
    ...(call.clientKey !== undefined && { clientKey: call.clientKey }),
  })
  const { body, length } = cargo.load(
    (asked) => model ?? modelAt(provider.name, asked, deps.settings, factsOf(call)),
  )
  passage.sentAt = deps.clock.now()
  passage.answeredAt = undefined
  const response = await deps.upstream.send({
    method: call.method,
    url,
    headers: length === undefined ? headers : { ...headers, 'content-length': String(length) },
    ...(body !== undefined && { body }),
    timeouts: provider.timeouts,
    ...(provider.network !== undefined && { network: provider.network }),
    signal: call.signal,
  })
  passage.answeredAt = deps.clock.now()
  if (!isAnswer(call, response)) throw withoutSecrets(await failureOf(response, chat), secretsIn(headers))
  await relayAnswer(passage, target, response)
}

/** On a path that nobody knows, redirections and "not modified" are for the client to understand. */
function isAnswer({ operation }: Carry, { status }: UpstreamResponse): boolean {
  return status >= 200 && status < (operation === 'any-path' ? 400 : 300)
}

/** For rules by request: nothing is known of what is only carried. Each request counts as a conversation of its own. */
export function factsOf({ requestId }: Carry): RequestFacts {
  return {
    inputTokens: 0,
    thinking: false,
    images: false,
    tools: false,
    requestClass: undefined,
    agent: false,
    agentType: undefined,
    session: requestId,
    sealedBy: undefined,
    midTurn: false,
  }
}

/** Parameters that are meant for Dragoman, or that only the provider knows. */
const OWN_PARAMETERS = ['model', 'api-version', 'key'] as const

function upstreamQuery(query: string): string {
  const kept = new URLSearchParams(query)
  for (const name of OWN_PARAMETERS) kept.delete(name)
  return kept.size === 0 ? '' : `?${kept.toString()}`
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
