/**
 * Token counts in disjoint buckets: every prompt token is in exactly one of `uncached`, `cacheRead` and
 * `cacheWrite`. `output` includes `reasoning`. A count that the upstream did not give is absent.
 */
export type Usage = {
  readonly uncached: number
  readonly cacheRead?: number
  readonly cacheWrite?: number
  /** The part of `cacheWrite` with a one-hour lifetime. */
  readonly cacheWrite1h?: number
  readonly output: number
  readonly reasoning?: number
  /** Searches that the provider ran. */
  readonly webSearches?: number
  /** The tier that really served the request, in the upstream's word. */
  readonly serviceTier?: string
  /** True when Dragoman estimated because the upstream gave nothing. */
  readonly estimated?: true
}

/** All prompt tokens, cached or not. */
export function totalInput(usage: Usage): number {
  return usage.uncached + (usage.cacheRead ?? 0) + (usage.cacheWrite ?? 0)
}
