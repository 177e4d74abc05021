import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../gateways/installed.ts'
import { budgetTable } from './budgets.ts'
import { plot } from './plot.ts'
import { newest, SUITES, type Report, type Suite } from './report.ts'
import { asMarkdown, asText } from './table.ts'
import { sectionsOf } from './tables.ts'

const PAGE = join(ROOT, 'docs', 'performance.md')
const PLOT = join(ROOT, 'docs', 'performance-growth.svg')

const FRAME = `<!-- Written by \`npm run bench -- --docs\` from bench/results/. Edit bench/report/page.ts instead. -->

# Performance

What the user feels is the time that a gateway adds before the first token and to every token; what it costs is CPU per request and
memory per open stream. Absolute figures belong to one machine. The **ratios** are measured interleaved in one run and carry over better.

\`\`\`sh
npm run bench:peers              # nginx and other gateways into bench/.peers/, once
npm run bench                    # the main suite, under ten minutes
npm run bench -- --suite public  # the shape of published comparisons
npm run bench -- --growth        # how cost grows
npm run bench -- --docs          # this page, from the newest results
\`\`\`

How it is measured, and what the workloads are: [bench/README.md](../bench/README.md). In short: every gateway runs alone on one core
with everything switched on (keys, routing, retries, log), nginx passes bytes and marks the limit, the load generator and the upstream
have a core of their own, and **every token of every answer is counted**: a row that lost one fails. CPU is user and system time of
the gateway's processes, divided by requests. "÷ nginx" compares within each round.
`

/** What profiles of November 2026 say; to be read again when the figures move. */
const WHY_MISSED = `### Why some are missed

The budgets were set from prototypes that only translate, on a machine of its own; this one is shared, and programs with much code (every gateway
here but nginx) feel it most: in runs of one day Portkey, unchanged, took 661 to 2,245 µs for a small request and nginx 14 to 26. Bare
\`node:http\` with undici takes three times nginx.

- **small-json**: a request finds the core's caches full of other things, so it pays by the amount of code on its way, not by its loops:
  no function takes more than 3 %, and in a loop of its own the same work costs a third. Sockets and HTTP on both sides are 40 % of it, JSON and
  its strings 15 %, translation 30 %, health, routes, headers and the log the rest. The ratios to other gateways follow from it.
- **stream-burst**: the fixed cost of a small request, 100 µs for the socket's bytes, and 1 to 2 µs for each event on its way through the stages.
  Passed through, and from Messages to Chat's clients, it is about the budget.
- **agent-json**: finding the ends of texts, parsing the outline, writing it, and copying the whole into one buffer, a tenth each.
- **1 MB ÷ 250 KB**: near linear; 250 KB became the cheaper of the two when long texts stopped being read.
- **memory per open stream**: 29 KB of it is what V8 keeps after a collection, 20 KB sockets, parsers and the allocator's gaps, the rest garbage that waits.
- **start**: 170 ms in a calmer hour, in which Portkey took 238.
- **paced, other gateways ÷ us**: half of a token's cost is the kernel's, the same for every gateway.

What was done, and what was tried and rejected: [decisions 0009 to 0013](decisions).
`

const TITLES: Readonly<Record<Suite, string>> = {
  main: 'The workloads',
  public: 'The shape of published comparisons',
  growth: 'How cost grows',
}

/** One run as Markdown; what is kept beside its figures. */
export function reportPage(report: Report): string {
  return `# ${TITLES[report.suite]}, ${report.date.slice(0, 10)}\n\n${sections(report, '##')}`
}

/** One run for the screen. */
export function reportText(report: Report): string {
  const parts = sectionsOf(report).map(({ title, table, remarks }) =>
    [title, asText(table), ...remarks].join('\n'),
  )
  const budgets = budgetTable([report])
  if (budgets.rows.length > 0) parts.push(`budgets\n${asText(budgets)}`)
  return [...parts, ...report.notes.map((note) => `note: ${note}`)].join('\n\n')
}

/** Writes `docs/performance.md` and its plot from the newest run of each suite. */
export function writePage(): void {
  const reports = SUITES.flatMap((suite) => newest(suite) ?? [])
  const growth = reports.find(({ suite }) => suite === 'growth')
  if (growth !== undefined) writeFileSync(PLOT, plot(growth.growth))
  const budgets = budgetTable(reports)
  const parts = [
    FRAME,
    ...(budgets.rows.length > 0 ? [`## Budgets\n\n${asMarkdown(budgets)}\n\n${WHY_MISSED}`] : []),
    ...reports.map((report) => `## ${TITLES[report.suite]}\n\n${sections(report, '###')}`),
  ]
  writeFileSync(PAGE, parts.join('\n'))
}

function sections(report: Report, level: string): string {
  const { machine, versions, length, notes, suite } = report
  const measured = Object.entries(versions).map(([name, version]) => `${name} ${version}`.trim())
  return [
    `${length === 'quick' ? '**A quick run: rough figures.** ' : ''}${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, Linux ${machine.kernel}, Node ${machine.node.slice(1)}; ${machine.pinned}; revision ${machine.commit}. ${measured.join(', ')}.\n`,
    ...(suite === 'growth' ? ['![CPU against size](performance-growth.svg)\n'] : []),
    ...sectionsOf(report).map(({ title, table, remarks }) =>
      [`${level} ${title}\n\n${asMarkdown(table)}\n`, ...remarks.map((remark) => `- ${remark}\n`)].join('\n'),
    ),
    ...(notes.length > 0
      ? [`${level} Not measured\n`, ...notes.map((note) => `- ${note.replace(/\s+/g, ' ')}`), '']
      : []),
  ].join('\n')
}
