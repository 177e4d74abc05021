import { median } from '../load/statistics.ts'
import type { Cell, Sample } from './cell.ts'

/**
 * What became of one cell over all rounds. Times in milliseconds but CPU, which is microseconds. Latencies are what
 * the gateway adds to the rig's own; in the suite that compares with published figures, they are whole.
 */
export type Row = {
  readonly workload: string
  readonly pair: string
  readonly gateway: string
  /** Why there are no figures, or why they do not count. */
  readonly fault?: string
  readonly rounds: number
  readonly replies: number
  readonly cpuPerRequest: number
  readonly cpuPerToken: number
  /** CPU of the best round: what a busy machine disturbs least. */
  readonly leastCpu: number
  /** CPU against nginx's, round by round. */
  readonly ratio?: number
  readonly requestsPerSecond: number
  readonly p50: number
  readonly p99: number
  readonly firstToken: number
  /** By which a token of a paced stream comes later. */
  readonly perToken?: number
  readonly perToken99?: number
  /** The rig was no faster without the gateway: the rate says nothing, the CPU still does. */
  readonly rigBound: boolean
}

/** A cell with its rounds, and those of the rig alone and of nginx in the same rounds. */
export type Measured = {
  readonly cell: Cell
  readonly wishedPair: string
  readonly samples: readonly Sample[]
  readonly floor: readonly Sample[]
  readonly latencies: 'added' | 'whole'
  readonly limit: readonly Sample[] | undefined
}

const RIG_MARGIN = 0.9

/** Sums a cell up: medians of its rounds. */
export function rowOf({ cell, wishedPair, samples, floor, limit, latencies }: Measured): Row {
  const { workload, running, tokens } = cell
  const middle = (read: (sample: Sample) => number) => median(samples.map(read))
  const latency = (read: (sample: Sample) => number) =>
    middle(read) - (latencies === 'added' ? median(floor.map(read)) : 0)
  const fault = samples.find(({ outcome }) => outcome.failures > 0)?.outcome
  const ratios = limit?.flatMap((sample, round) => {
    const own = samples[round]
    return own === undefined || sample.cpuPerRequest === 0 ? [] : [own.cpuPerRequest / sample.cpuPerRequest]
  })
  return {
    workload: workload.name,
    pair: wishedPair,
    gateway: running.gateway.name,
    ...(fault !== undefined && { fault: `${fault.failures} of ${fault.replies} answers: ${fault.fault}` }),
    rounds: samples.length,
    replies: samples.reduce((sum, { outcome }) => sum + outcome.replies, 0),
    cpuPerRequest: middle((sample) => sample.cpuPerRequest),
    leastCpu: Math.min(...samples.map((sample) => sample.cpuPerRequest)),
    cpuPerToken: middle((sample) => sample.cpuPerRequest) / tokens,
    ...(ratios !== undefined && ratios.length > 0 && { ratio: median(ratios) }),
    requestsPerSecond: middle(rate),
    p50: latency(({ outcome }) => outcome.p50),
    p99: latency(({ outcome }) => outcome.p99),
    firstToken: latency(({ outcome }) => outcome.firstToken),
    ...(workload.answer.pacing.kind === 'paced' && {
      perToken: latency(({ outcome }) => outcome.tokenDelay),
      perToken99: latency(({ outcome }) => outcome.tokenDelay99),
    }),
    rigBound:
      running.pid !== undefined &&
      workload.load.kind === 'closed' &&
      floor.length > 0 &&
      middle(rate) > RIG_MARGIN * median(floor.map(rate)),
  }
}

const rate = ({ outcome }: Sample): number => outcome.replies / outcome.seconds
