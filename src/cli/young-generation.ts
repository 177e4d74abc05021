import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/** Bytes, for each of the two halves between which V8 moves what is young. */
const LARGEST_HALF = 16 * 1024 * 1024

/**
 * Keeps V8's young generation from growing beyond what a gateway gains from. Node 24 lets it become 128 MB: under load that
 * is a third of the resident memory, for work that is a few hundredths cheaper: docs/decisions/0009.
 *
 * Node takes the limit only on its command line, which is not ours where `dragoman` is started by its name. How fast
 * the generation grows can be set at any time, so it is let grow until it is large enough, and again after V8 has shrunk
 * it. Does nothing where the command line has the limit.
 */
export function limitYoungGeneration(commandLine: readonly (string | undefined)[]): void {
  if (commandLine.some((flags) => /semi-space/.test(flags ?? ''))) return
  let grows = true
  const look = () => {
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
    const mayGrow = (young?.space_size ?? 0) < 2 * LARGEST_HALF
    if (mayGrow === grows) return
    grows = mayGrow
    setFlagsFromString(`--semi-space-growth-factor=${grows ? 2 : 1}`)
  }
  new PerformanceObserver(look).observe({ entryTypes: ['gc'] })
}
