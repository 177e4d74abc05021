/** How often each property is tried. `FC_RUNS=2000 npm run laws` looks harder than the daily checks do. */
const wanted = Number(process.env['FC_RUNS'] ?? 0)

/** Options of one property; `usual` runs unless `FC_RUNS` says more. `FC_SEED` repeats a failure. */
export function runs(usual: number): { numRuns: number; seed?: number } {
  const seed = process.env['FC_SEED']
  return { numRuns: wanted > 0 ? wanted : usual, ...(seed !== undefined && { seed: Number(seed) }) }
}
