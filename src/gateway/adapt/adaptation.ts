import { Losses, type Dropped } from '../../ir/dropped.ts'
import type { ModelEvent } from '../../ir/event.ts'
import type { ModelRequest } from '../../ir/request.ts'
import { pipe, type Stage } from '../../stream/sink.ts'

/**
 * One step that fits a request to what its target takes, and the step that undoes it in the answer. Adaptations
 * live between the decoder of one protocol and the encoder of another, so that neither knows the other's limits.
 */
export type Adaptation = {
  readonly request: ModelRequest
  readonly restore?: Stage<ModelEvent, ModelEvent>
}

export type Adapt = (request: ModelRequest, losses: Losses) => Adaptation

export type Adapted = {
  readonly request: ModelRequest
  readonly dropped: readonly Dropped[]
  /** Undoes everything, last change first; absent when nothing needs undoing. */
  readonly restore?: Stage<ModelEvent, ModelEvent>
}

/** Runs the steps one after another and collects what undoes them. */
export function adaptAll(request: ModelRequest, steps: readonly Adapt[]): Adapted {
  const losses = new Losses()
  let current = request
  let restore: Stage<ModelEvent, ModelEvent> | undefined
  for (const step of steps) {
    const result = step(current, losses)
    current = result.request
    const undo = result.restore
    if (undo !== undefined) restore = restore === undefined ? undo : pipe(undo, restore)
  }
  return { request: current, dropped: losses.list, ...(restore !== undefined && { restore }) }
}

/** A stage that changes single events and drops none. */
export function mapEvents(change: (event: ModelEvent) => ModelEvent): Stage<ModelEvent, ModelEvent> {
  return (out) => ({ write: (event) => out.write(change(event)), end: () => out.end() })
}
