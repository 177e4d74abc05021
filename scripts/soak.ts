/**
 * Keeps many streams going through a gateway whose upstream and clients misbehave at random, and tells whether anything
 * was lost, mixed up or left behind. Needs Linux (/proc). Ends with 1 and a report when something was.
 *
 *   npm run soak -- [--seconds 600] [--streams 200] [--seed 1]
 */
import { fork, type ChildProcess } from 'node:child_process'
import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chance } from './soak/chance.ts'
import { visit, type Ending } from './soak/client.ts'
import type { Vitals } from './soak/gateway.ts'
import { median, openSockets, residentBytes } from './soak/process-facts.ts'

/** Growth of the resident memory from warm to end that counts as flat. */
const FLAT = 0.1
/** Samples that are averaged at both ends, one a second. */
const WINDOW = 15

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    streams: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
  },
})
const seconds = Number(values.seconds)
const streams = Number(values.streams)
const seed = Number(values.seed)
const warmUp = Math.min(120, Math.max(15, Math.round(seconds / 4)))

const script = (name: string): string => fileURLToPath(new URL(`./soak/${name}.ts`, import.meta.url))
const told = <T>(child: ChildProcess): Promise<T> =>
  new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as T))
    child.once('exit', (code) => reject(new Error(`a process of the soak ended with ${code}`)))
  })

const upstream = fork(script('upstream'))
const { url: upstreamUrl } = await told<{ url: string }>(upstream)
const gateway = fork(script('gateway'), [upstreamUrl], { execArgv: ['--expose-gc'] })
const { url } = await told<{ url: string }>(gateway)
const pid = gateway.pid ?? 0
const vitals = (): Promise<Vitals> => {
  gateway.send('vitals')
  return told<Vitals>(gateway)
}

const baseline = openSockets(pid)
const endings: Record<Ending, number> = { success: 0, 'error in stream': 0, 'error status': 0, left: 0 }
const violations: string[] = []
const resident: number[] = []
let most = 0
let warm: Vitals | undefined

const agent = new Agent({ keepAlive: true, maxSockets: streams })
const until = performance.now() + seconds * 1000
const draws = chance(seed)

const hex = (value: number, digits: number): string => Math.floor(value).toString(16).padStart(digits, '0')

/** One client after another, for as long as the soak lasts. */
async function visitor(): Promise<void> {
  const draw = chance(Math.floor(draws() * 2 ** 32))
  while (performance.now() < until) {
    const tag = `tag-${hex(draw() * 2 ** 32, 8)}${hex(draw() * 2 ** 16, 4)}`
    const verdict = await visit(url, agent, tag, draw)
    if ('ending' in verdict) endings[verdict.ending] += 1
    else violations.push(verdict.violation)
  }
}

const visitors = Array.from({ length: streams }, visitor)
const sampler = setInterval(async () => {
  resident.push(residentBytes(pid))
  most = Math.max(most, openSockets(pid))
  if (resident.length === warmUp) warm = await vitals()
}, 1_000)
await Promise.all(visitors)
clearInterval(sampler)

const end = await vitals()
agent.destroy()
// Idle connections to the upstream are kept on purpose; without an upstream there are none.
upstream.disconnect()
await sleep(2_000)
const left = openSockets(pid)
gateway.disconnect()

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`
const warmBytes = median(resident.slice(warmUp, warmUp + WINDOW))
const endBytes = median(resident.slice(-WINDOW))
const growth = endBytes / warmBytes - 1
const total = Object.values(endings).reduce((sum, count) => sum + count, 0) + violations.length

if (growth > FLAT) violations.push(`memory grew by ${(growth * 100).toFixed(1)} % after the warm-up`)
if (left > baseline) violations.push(`${left - baseline} sockets were left open`)

console.log(`${total} requests in ${seconds} s, ${streams} at a time (seed ${seed})`)
for (const [ending, count] of Object.entries(endings)) console.log(`  ${ending.padEnd(16)} ${count}`)
console.log(
  `resident memory   ${mib(warmBytes)} warm, ${mib(endBytes)} at the end (${(growth * 100).toFixed(1)} %)`,
)
const tenth = Math.max(1, Math.floor(resident.length / 10))
const course = resident.filter((_, second) => second % tenth === 0)
console.log(`  in its course   ${course.map(mib).join(', ')}`)
console.log(
  `heap after gc     ${mib(warm?.heap ?? Number.NaN)} warm, ${mib(end.heap)} at the end; buffers ${mib(warm?.buffers ?? Number.NaN)}, ${mib(end.buffers)}`,
)
console.log(`sockets           ${baseline} before, ${most} at most, ${left} after`)
const { p50, p99, max } = end.lag
console.log(`event loop        p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, max ${max.toFixed(1)} ms`)
console.log(`log lines         ${end.logged}`)
if (violations.length > 0) {
  console.error(`\n${violations.length} violations, the first of them:`)
  for (const violation of violations.slice(0, 20)) console.error(`  ${violation.slice(0, 600)}`)
}
process.exitCode = violations.length > 0 ? 1 : 0
