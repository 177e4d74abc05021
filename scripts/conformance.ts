/**
 * Holds Dragoman against recorded traffic of real APIs and prints how much of its meaning survives each pair of
 * protocols. The corpus is no part of the repository: without it (`DRAGOMAN_CORPUS`, else `../shared/corpus`) there is
 * nothing to do.
 *
 *   npm run conformance -- [--pair chat:messages] [--only requests|responses] [--record TEXT] [--verbose] [--json]
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { corpusFolder, corpusRecords } from '../test/support/corpus.ts'
import { requestCells, responseCells, type Cell, type Semantics } from './conformance/cells.ts'
import { printReport, summarise } from './conformance/report.ts'

const { values: options } = parseArgs({
  options: {
    pair: { type: 'string' },
    only: { type: 'string' },
    record: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

const folder = corpusFolder()
if (folder === undefined) {
  console.log('Skipped: no recorded corpus. Set DRAGOMAN_CORPUS to its folder.')
  process.exit(0)
}

const semantics = (await import(pathToFileURL(join(folder, 'tools', 'semantic.mjs')).href)) as Semantics
const [from, to] = (options.pair ?? ':').split(':')
const cells: Cell[] = []
for (const record of corpusRecords()) {
  if (options.record !== undefined && !record.id.includes(options.record)) continue
  if (options.only !== 'requests') cells.push(...responseCells(record, semantics))
  if (options.only !== 'responses') cells.push(...requestCells(record, semantics))
}
const wanted = cells.filter((cell) => (!from || cell.from === from) && (!to || cell.to === to))
const report = summarise(wanted)
if (options.json) console.log(JSON.stringify(report, null, 2))
else printReport(report, { verbose: options.verbose, write: (line) => console.log(line) })
