/**
 * Holds Dragoman against recorded traffic of real APIs and prints how much of its meaning survives each pair of
 * protocols. The corpus is no part of the repository: without it (`DRAGOMAN_CORPUS`, else `../shared/corpus`) there is
 * nothing to do.
 *
 *   npm run conformance -- [--pair chat:messages] [--only requests] [--match TEXT] [--verbose] [--json] [--record]
 *
 * `--record` writes the figures that `docs/fidelity.md` tells. Exits with 1 when something differs for no known reason.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { corpusFolder, corpusRecords } from '../test/support/corpus.ts'
import type { Cell, Matrix } from './conformance/cell.ts'
import { figuresOf, recordFigures } from './conformance/figures.ts'
import { passthroughCells } from './conformance/passthrough.ts'
import { printReport } from './conformance/report.ts'
import { requestCells } from './conformance/requests.ts'
import { responseCells } from './conformance/responses.ts'
import { roundTripCells } from './conformance/round-trips.ts'
import type { Semantics } from './conformance/semantics.ts'

const { values: options } = parseArgs({
  options: {
    pair: { type: 'string' },
    only: { type: 'string' },
    match: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
})

const folder = corpusFolder()
if (folder === undefined) {
  console.log('Skipped: no recorded corpus. Set DRAGOMAN_CORPUS to its folder.')
  process.exit(0)
}

const semantics = (await import(pathToFileURL(join(folder, 'tools', 'semantic.mjs')).href)) as Semantics
const [from, to] = (options.pair ?? ':').split(':')
const MATRICES: Readonly<Record<Matrix, typeof requestCells>> = {
  requests: requestCells,
  responses: responseCells,
  'round trips': roundTripCells,
  passthrough: passthroughCells,
}
const records = corpusRecords().filter(({ id }) => options.match === undefined || id.includes(options.match))
const cells: Cell[] = []
for (const [matrix, measure] of Object.entries(MATRICES)) {
  if (options.only !== undefined && matrix.replace(' ', '-') !== options.only) continue
  for (const record of records) cells.push(...(await Promise.all(measure(record, semantics))))
}
const wanted = cells.filter((cell) => (!from || cell.from === from) && (!to || cell.to === to))
const figures = figuresOf(wanted)
if (options.record) recordFigures(figures)
if (options.json) console.log(JSON.stringify(figures, null, 2))
else printReport(figures, wanted, { verbose: options.verbose, write: (line) => console.log(line) })
if (figures.pairs.some(({ unexplained }) => unexplained > 0)) process.exitCode = 1
