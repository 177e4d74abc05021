import { PAIRS, type Pair } from '../traffic/protocols.ts'
import { WORKLOADS, type Workload } from '../traffic/workloads.ts'
import type { Report } from '../report/report.ts'
import { startAll, type Bench } from './bench.ts'
import { footprints } from './footprint.ts'
import { interleave } from './interleave.ts'

/** The workloads of `design`: translated in three ways, and passed through. */
const TRANSLATED: readonly Pair[] = [PAIRS.messagesToChat, PAIRS.chatToMessages, PAIRS.messagesToResponses]
const ALL: readonly Pair[] = [...TRANSLATED, PAIRS.messages]
const QUICK: readonly Pair[] = [PAIRS.messagesToChat, PAIRS.messages]

/** What peers are measured on; the rest would take the time of many runs. */
const PEER_WORKLOADS = new Set(['small-json', 'stream-burst', 'stream-paced-100', 'agent-json'])
/** Too long for a quick run. */
const SLOW_WORKLOADS = new Set(['stream-paced-300', 'stream-burst-reasoning', 'agent-stream'])
/** Takes minutes of every run, and so is left out of quick ones. */
const SLOW_PEERS = new Set(['litellm'])

const ALWAYS = new Set(['direct', 'nginx', 'dragoman'])

export type MainOptions = {
  /** Names of workloads; all when empty. */
  readonly workloads: readonly string[]
  readonly rounds: number
}

/** The main suite: workloads interleaved, then memory, start and size. */
export async function mainSuite(
  bench: Bench,
  options: MainOptions,
): Promise<Pick<Report, 'rows' | 'footprints' | 'notes'>> {
  const { quick, gateways } = bench
  const picked = options.workloads.length > 0
  const workloads = WORKLOADS.filter(({ name }) =>
    picked ? options.workloads.includes(name) : !quick || !SLOW_WORKLOADS.has(name),
  )
  const notes: string[] = []
  const measured = gateways.filter(({ name }) => !quick || !SLOW_PEERS.has(name))
  if (measured.length < gateways.length) notes.push(`quick runs leave out ${[...SLOW_PEERS].join(', ')}`)
  const running = await startAll(bench, measured, notes)
  const rows = await interleave(bench, running, {
    workloads: quick ? workloads.map(shortened) : workloads,
    pairs: quick ? QUICK : ALL,
    rounds: options.rounds,
    wants: picked ? () => true : (workload, pair, { name }) => isPlanned(bench, workload.name, pair, name),
  })
  for (const { stop } of running) await stop()
  if (picked) return { rows, footprints: [], notes }
  return {
    rows,
    footprints: await footprints(
      bench,
      quick ? measured.filter(({ name }) => ALWAYS.has(name)) : measured,
      notes,
    ),
    notes,
  }
}

/** What a run without choices of its own measures. */
function isPlanned(bench: Bench, workload: string, pair: Pair, name: string): boolean {
  const passed = pair.client === pair.upstream
  if (ALWAYS.has(name)) return workload !== 'stream-paced-300' || passed || pair === PAIRS.messagesToChat
  if (!PEER_WORKLOADS.has(workload)) return false
  if (bench.quick) return workload !== 'stream-paced-100' && (name === 'portkey' || !passed)
  if (workload === 'small-json') return true
  // Elsewhere the one translation that each is known for.
  return pair === (name === 'portkey' ? PAIRS.chatToMessages : PAIRS.messagesToChat)
}

function shortened(workload: Workload): Workload {
  const { load } = workload
  return load.kind === 'closed' ? { ...workload, load: { ...load, seconds: load.seconds * 0.6 } } : workload
}
