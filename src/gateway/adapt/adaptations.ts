import type { ModelEvent } from '../../ir/event.ts'
import { pipe, type Stage } from '../../stream/sink.ts'
import { compactBySummary } from '../compaction/compact-by-summary.ts'
import { recallSummaries } from '../compaction/recall-summaries.ts'
import type { Exchange } from '../exchange.ts'
import type { Target } from '../target.ts'
import type { Adapt } from './adaptation.ts'
import { dropAttribution } from './attribution.ts'
import { fitCallIds } from './call-ids.ts'
import { completeSearches } from './complete-searches.ts'
import { wrapCustomTools } from './custom-tools.ts'
import { declareDeferredTools } from './deferred-tools.ts'
import { dropEmptyArguments } from './empty-arguments.ts'
import { dropReasoning } from '../heal/reasoning.ts'
import { tellFoundTools } from './found-tools.ts'
import { flattenNamespaces } from './namespaces.ts'
import { recallReasoning, rememberReasoning } from './recall-reasoning.ts'
import { raiseOutput } from './least-output.ts'
import { openSeals, wrapSeals, type SealScope } from './seals.ts'
import { enforceStops } from './stop-sequences.ts'
import { fitToolNames } from './tool-names.ts'

/** What decides how a request is fitted to its target. */
export type Fitting = {
  readonly exchange: Exchange
  readonly target: Target
  readonly scope: SealScope
  /** Called when a stop sequence cut the answer. */
  readonly onCut: () => void
}

/**
 * The steps that fit a request to its target, in order: what reads the tools' own names and schemas first, what it
 * remembers of reasoning before what opens the seals, and what names tools last, so that it sees every name that will
 * be sent.
 */
export function adaptationsFor({ exchange, target, scope, onCut }: Fitting): readonly Adapt[] {
  const { codec, isUnreadable } = target
  const { dialect, id } = codec
  const { secret } = exchange.deps.settings
  return [
    recallSummaries(secret),
    // First, so that its undoing is the last: it sees the answer as the client would.
    ...(id === 'responses' ? [] : [compactBySummary(secret)]),
    dropEmptyArguments,
    ...(id === 'messages' ? [] : [dropAttribution]),
    ...(returnsReasoning(exchange) ? [] : [recallReasoning(exchange.deps.reasoning)]),
    openSeals(scope),
    ...(isUnreadable === undefined ? [] : [dropReasoning(isUnreadable)]),
    // What loads them is the client's protocol's own: elsewhere nothing would ever find them.
    ...(dialect.deferredTools && id === exchange.client.id ? [] : [declareDeferredTools]),
    ...(dialect.customTools ? [] : [wrapCustomTools]),
    ...(dialect.toolNamespaces ? [] : [flattenNamespaces]),
    raiseOutput(target.minOutputTokens),
    enforceStops(dialect, onCut),
    fitCallIds(dialect.callIdLimit ?? Infinity),
    fitToolNames(dialect.toolNameLimit),
    ...(id === 'responses' ? [] : [tellFoundTools]),
    ...(showsSearches(exchange) ? [completeSearches(id)] : []),
  ]
}

/** What happens to an answer on its way back: the adaptations are undone, then its secrets are sealed. */
export function restoringFor(
  exchange: Exchange,
  undo: Stage<ModelEvent, ModelEvent> | undefined,
  scope: SealScope,
): Stage<ModelEvent, ModelEvent> {
  const seal = wrapSeals(scope)
  const kept = returnsReasoning(exchange) ? seal : pipe(seal, rememberReasoning(exchange.deps.reasoning))
  return undo === undefined ? kept : pipe(undo, kept)
}

/** True when the client's protocol shows what a search found, apart from the citations. */
const showsSearches = ({ client }: Exchange): boolean => client.id === 'messages' || client.id === 'responses'

/**
 * True when clients of this protocol carry sealed reasoning back. Few Chat clients return what they got, and not all of
 * Responses do: Open WebUI leaves its reasoning items out.
 */
const returnsReasoning = ({ client }: Exchange): boolean => client.id === 'messages'
