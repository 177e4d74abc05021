import { parseArgs } from 'node:util'
import { GATEWAYS } from './gateways/index.ts'
import { SUITES, type Suite } from './report/report.ts'
import { WORKLOADS } from './traffic/workloads.ts'

export type Options = {
  readonly suite: Suite
  readonly quick: boolean
  readonly rounds: number
  /** Workloads; all when empty. */
  readonly only: readonly string[]
  /** Gateways; all when empty. */
  readonly gateways: readonly string[]
  /** After the run: compare with what is recorded, record, or neither. */
  readonly after: 'check' | 'record' | 'keep'
  /** Measure nothing, write the page. */
  readonly docs: boolean
}

export const USAGE = `npm run bench -- [options]

  --quick              under two minutes, rough
  --suite NAME         ${SUITES.join(', ')} (default main); --growth is short for --suite growth
  --only A,B           workloads: ${WORKLOADS.map(({ name }) => name).join(', ')}
  --gateway A,B        ${GATEWAYS.map(({ name }) => name).join(', ')}
  --rounds N           how often each is measured (default 5; quick 3)
  --check              fails when a ratio to nginx is half again what bench/recorded.json says
  --record             takes this run's ratios into bench/recorded.json
  --docs               writes docs/performance.md from the newest results, without measuring`

/** Reads the command line. Throws with a sentence on what is wrong. */
export function readOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: 'boolean', default: false },
      suite: { type: 'string' },
      growth: { type: 'boolean', default: false },
      only: { type: 'string' },
      gateway: { type: 'string' },
      rounds: { type: 'string' },
      check: { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
      docs: { type: 'boolean', default: false },
    },
  })
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 5))
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number from 1')
  return {
    suite: values.growth ? 'growth' : (oneOf(SUITES, values.suite ?? 'main', '--suite') as Suite),
    quick: values.quick,
    rounds,
    only: listOf(values.only, WORKLOADS, '--only'),
    gateways: listOf(values.gateway, GATEWAYS, '--gateway'),
    after: values.check ? 'check' : values.record ? 'record' : 'keep',
    docs: values.docs,
  }
}

function listOf(text: string | undefined, known: readonly { name: string }[], option: string): string[] {
  if (text === undefined) return []
  const names = known.map(({ name }) => name)
  return text.split(',').map((name) => oneOf(names, name.trim(), option))
}

function oneOf(known: readonly string[], name: string, option: string): string {
  if (known.includes(name)) return name
  throw new Error(`${option} knows ${known.join(', ')}; not "${name}"`)
}
