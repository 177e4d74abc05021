/**
 * Where values go. Synchronous: a stage hands on what it made before `write` returns, so that only the pump at
 * the end of the line ever waits. `end` is called exactly once; after it nothing may be written.
 */
export interface Sink<T> {
  write(value: T): void
  end(): void
}

/** One step of a pipeline: given where its output goes, it says where its input is to be written. */
export type Stage<In, Out> = (out: Sink<Out>) => Sink<In>

/** Joins two stages into one. */
export function pipe<A, B, C>(first: Stage<A, B>, second: Stage<B, C>): Stage<A, C> {
  return (out) => first(second(out))
}

/** A sink that keeps what it got, for tests and for folding whole responses. */
export function collect<T>(): Sink<T> & { readonly values: T[]; readonly ended: boolean } {
  const values: T[] = []
  let ended = false
  return {
    values,
    get ended() {
      return ended
    },
    write: (value) => void values.push(value),
    end: () => void (ended = true),
  }
}

/** Runs a stage over a finished list of values. */
export function run<In, Out>(stage: Stage<In, Out>, input: Iterable<In>): Out[] {
  const out = collect<Out>()
  const sink = stage(out)
  for (const value of input) sink.write(value)
  sink.end()
  return out.values
}
