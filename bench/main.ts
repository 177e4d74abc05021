/** `npm run bench`: measures gateways on this machine. `--help` lists the options, README.md explains. */
import type { Gateway } from './gateways/gateway.ts'
import { GATEWAYS, REFERENCES } from './gateways/index.ts'
import { pinning, takeRigCores } from './machine/cores.ts'
import { busyness, describeMachine } from './machine/describe.ts'
import { readOptions, USAGE, type Options } from './options.ts'
import { record, regressions } from './report/check.ts'
import { reportPage, reportText, writePage } from './report/page.ts'
import { keep, type Report } from './report/report.ts'
import type { Bench } from './suites/bench.ts'
import { growthSuite } from './suites/growth-suite.ts'
import { mainSuite } from './suites/main-suite.ts'
import { publicSuite } from './suites/public-suite.ts'
import { startMock } from './upstream/mock.ts'

// Interrupted, it still ends what it started: that hangs on the process's exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

process.exitCode = await run(process.argv.slice(2))

async function run(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help')) {
    console.log(USAGE)
    return 0
  }
  let options: Options
  try {
    options = readOptions(argv)
  } catch (thrown) {
    console.error(`${(thrown as Error).message}\n\n${USAGE}`)
    return 2
  }
  if (options.docs) {
    writePage()
    return 0
  }
  const report = await measure(options)
  console.log(`\n${reportText(report)}\n`)
  // A part of a suite is for the screen; the folder holds whole runs.
  if (options.only.length === 0 && options.gateways.length === 0) {
    console.log(`kept as ${keep(report, reportPage(report))}.{json,md}`)
  }
  return conclude(report, options)
}

async function measure(options: Options): Promise<Report> {
  const started = performance.now()
  const machine = describeMachine()
  const busy = busyness()
  const cores = takeRigCores()
  const { found, missing } = lookFor(options.gateways)
  const mock = await startMock()
  try {
    const bench: Bench = {
      mock,
      cores,
      gateways: found.map(({ gateway }) => gateway),
      quick: options.quick,
      say: (line) =>
        console.log(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${line}`),
    }
    const part = await runSuite(bench, options)
    return {
      suite: options.suite,
      length: options.quick ? 'quick' : 'full',
      date: new Date().toISOString(),
      machine: { ...machine, pinned: pinning(cores) },
      versions: Object.fromEntries(
        found.flatMap(({ gateway, version }) => (version === '' ? [] : [[gateway.name, version]])),
      ),
      rows: [],
      footprints: [],
      resident: [],
      growth: [],
      ...part,
      notes: [...(busy === undefined ? [] : [busy]), ...missing, ...part.notes],
    }
  } finally {
    mock.stop()
  }
}

async function runSuite(bench: Bench, options: Options): Promise<Partial<Report> & Pick<Report, 'notes'>> {
  if (options.suite === 'public') return publicSuite(bench)
  if (options.suite === 'main') return mainSuite(bench, { workloads: options.only, rounds: options.rounds })
  const dragoman = bench.gateways.find(({ name }) => name === 'dragoman')
  if (dragoman === undefined) return { notes: ['dragoman is not there to be measured'] }
  return growthSuite(bench, dragoman, options.rounds)
}

type Found = { readonly gateway: Gateway; readonly version: string }

/** The gateways that are wanted and here, and a note for each that is not. */
function lookFor(names: readonly string[]): { found: Found[]; missing: string[] } {
  const wanted = GATEWAYS.filter(
    ({ name }) => names.length === 0 || names.includes(name) || REFERENCES.includes(name),
  )
  const found: Found[] = []
  const missing: string[] = []
  for (const gateway of wanted) {
    const installation = gateway.find()
    if (typeof installation === 'string') missing.push(`${gateway.name}: ${installation}`)
    else found.push({ gateway, version: installation.version })
  }
  return { found, missing }
}

function conclude(report: Report, { after }: Options): number {
  if (after === 'record') record(report.rows)
  const worse = after === 'check' ? regressions(report.rows) : []
  for (const sentence of worse) console.error(`worse than recorded: ${sentence}`)
  const lost = report.rows.filter(
    ({ gateway, fault, rounds }) => gateway === 'dragoman' && fault && rounds > 0,
  )
  for (const row of lost) console.error(`failed: ${row.workload} ${row.pair}: ${row.fault}`)
  return worse.length + lost.length > 0 ? 1 : 0
}
