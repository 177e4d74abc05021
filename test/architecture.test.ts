/**
 * The shape of `src/`, enforced: who may import whom, how large a file may grow, and where the outside world
 * (clock, chance, environment, disk) may be touched. `docs/architecture.md` gives the reasons.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'

const SRC = join(import.meta.dirname, '..', 'src')

/**
 * Unit → the units it may import. A unit is a folder of `src/`, a file at its top, or one protocol's folder.
 * `protocols` alone means the files beside the protocol folders: the contract and what all protocols share; `dialects`
 * the `dialect.ts` of each protocol, which is a record of facts.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  log: [],
  version: [],
  ir: [], // and types of `errors`: docs/decisions/0002
  stream: ['ir', 'errors'],
  protocols: ['ir', 'stream', 'errors'],
  'protocols/*': ['ir', 'stream', 'errors', 'protocols'],
  'protocols/openai': ['ir', 'stream', 'errors', 'protocols'],
  'protocols/chat': ['ir', 'stream', 'errors', 'protocols', 'protocols/openai'],
  'protocols/responses': ['ir', 'stream', 'errors', 'protocols', 'protocols/openai'],
  'protocols/completions': ['ir', 'stream', 'errors', 'protocols', 'protocols/openai'],
  models: ['ir', 'errors', 'protocols', 'dialects'],
  providers: ['ir', 'errors', 'protocols', 'dialects', 'models'],
  routing: ['errors', 'providers', 'models'],
  upstream: ['ir', 'stream', 'errors'],
  ledger: ['ir', 'errors', 'models'],
  gateway: [
    'ir',
    'stream',
    'errors',
    'log',
    'protocols',
    'protocols/*',
    'models',
    'providers',
    'routing',
    'upstream',
    'ledger',
  ],
  server: ['ir', 'stream', 'errors', 'log', 'version', 'protocols', 'gateway', 'ledger'],
  config: ['ir', 'errors', 'log', 'protocols', 'protocols/*', 'models', 'providers', 'routing'],
  simulator: ['ir', 'stream', 'errors', 'log', 'protocols', 'protocols/*'],
  'simulator/demo': ['*'], // a program like the CLI: a gateway in front of the simulator
  cli: ['*'],
  main: ['*'],
  index: ['*'],
}

/** Folders beside the protocols that hold what one vendor's protocols share. Only a line that names one may import it. */
const SHARED_BY_PROTOCOLS = ['protocols/openai']

const PROTOCOL_FILES = [
  'wire',
  'decode-request',
  'encode-request',
  'decode-response',
  'encode-response',
  'decode-stream',
  'encode-stream',
  'errors',
  'dialect',
  'index',
]

/** Wire types and tables of facts may be as long as their subject. */
const UNLIMITED = [
  /^protocols\/[^/]+\/wire\.ts$/,
  /^models\/(?!profile)[^/]+\.ts$/,
  /^providers\/presets\.ts$/,
]

/** Files of more than 300 lines, each with the reason why it is not two. */
const LARGE: Readonly<Record<string, string>> = {
  'stream/pump.ts': 'the one loop that waits: pings, idle watch and backpressure decide together',
}

/** Where clock, chance, environment and disk may be touched: the edges, which hand them on as values. */
const EDGES = [/^main\.ts$/, /^index\.ts$/, /^cli\//, /^config\//, /^simulator\//]

/** Single files elsewhere that may, each with its reason. */
const EDGE_FILES: Readonly<Record<string, string>> = {
  'stream/clock.ts': 'the clock that is handed in, as one object',
  'version.ts': 'reads the version out of its own package.json',
}

const OUTSIDE_WORLD: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['process.env', /\bprocess\.env\b/],
  ['the clock', /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/],
  ['chance', /\bMath\.random\(|\brandomUUID\(|\brandomBytes\(/],
  ['the disk', /from 'node:fs(?:\/promises)?'/],
]

type Import = {
  readonly file: string
  readonly target: string
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
}

const files = sources(SRC)
const code = new Map(files.map((file) => [file, withoutComments(readFileSync(join(SRC, file), 'utf8'))]))
const imports = files.flatMap(importsOf)

describe('imports', () => {
  test('every folder of src has a line in the import table', () => {
    const unknown = new Set(files.map(unitOf).filter((unit) => ruleOf(unit) === undefined))
    expect([...unknown]).toEqual([])
  })

  test('nobody imports what the table does not allow', () => {
    const broken = imports
      .filter((edge) => edge.from !== edge.to && !isAllowed(edge))
      .map((edge) => `${edge.file}: ${edge.from} may not import ${edge.to}`)
    expect(broken).toEqual([])
  })

  test('folders form no cycle', () => {
    expect(cycles(imports.filter((edge) => !isErrorTypeOfIr(edge)))).toEqual([])
  })

  test('relative imports name their .ts file', () => {
    const wrong = files.flatMap((file) =>
      specifiers(file).flatMap(({ path }) =>
        path.startsWith('.') && !/\.(?:ts|json)$/.test(path) ? [`${file}: ${path}`] : [],
      ),
    )
    expect(wrong).toEqual([])
  })

  test('vendor SDKs are not imported outside tests', () => {
    const vendors = /^(?:openai|@anthropic-ai\/|@google\/genai)/
    const used = files.filter((file) => specifiers(file).some(({ path }) => vendors.test(path)))
    expect(used).toEqual([])
  })
})

describe('protocols', () => {
  // What protocols share decodes and encodes nothing by itself, so it has no such files.
  const names = readdirSync(join(SRC, 'protocols'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !SHARED_BY_PROTOCOLS.includes(`protocols/${entry.name}`))
    .map((entry) => entry.name)

  test.each(names)('%s has the same file names as every other', (name) => {
    const missing = PROTOCOL_FILES.filter((file) => !existsSync(join(SRC, 'protocols', name, `${file}.ts`)))
    expect(missing).toEqual([])
  })

  test.each(SHARED_BY_PROTOCOLS)('%s takes no name that a file of a protocol has', (folder) => {
    expect(PROTOCOL_FILES.filter((file) => existsSync(join(SRC, folder, `${file}.ts`)))).toEqual([])
  })
})

describe('files', () => {
  test('none is longer than 500 lines but wire types and tables', () => {
    const long = sizes().filter(
      ([file, lines]) => lines > 500 && !UNLIMITED.some((pattern) => pattern.test(file)),
    )
    expect(long).toEqual([])
  })

  test('those over 300 lines are known and explained', () => {
    const large = sizes().filter(
      ([file, lines]) => lines > 300 && !UNLIMITED.some((pattern) => pattern.test(file)),
    )
    expect(large.map(([file]) => file).filter((file) => LARGE[file] === undefined)).toEqual([])
    expect(Object.keys(LARGE).filter((file) => !large.some(([other]) => other === file))).toEqual([])
  })

  test('names are kebab-case', () => {
    expect(
      files.filter(
        (file) => !/^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*(?:\.d)?\.ts$/.test(file),
      ),
    ).toEqual([])
  })

  test('no folder is a drawer for everything', () => {
    expect(
      files.filter((file) => /(?:^|\/)(?:utils?|helpers?|common|services?|shared|lib)\//.test(file)),
    ).toEqual([])
  })

  test('no type is any', () => {
    const pattern = /[:<|&,(]\s*any\b(?!\()|\bas any\b|\bany\[\]/
    expect(linesMatching(pattern)).toEqual([])
  })

  test.each(OUTSIDE_WORLD)('%s is touched at the edges only', (_, pattern) => {
    const inside = linesMatching(pattern).filter(({ file }) => !EDGES.some((edge) => edge.test(file)))
    expect(inside.filter(({ file }) => EDGE_FILES[file] === undefined)).toEqual([])
  })
})

/** Files of `src`, tests left out, as paths with forward slashes. */
function sources(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .toSorted()
}

function withoutComments(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''))
    .replace(/(^|\s)\/\/.*$/gm, '$1')
}

function unitOf(file: string): string {
  const [first, second, third] = file.split('/')
  if (second === undefined) return first!.replace(/\.ts$/, '')
  if (first === 'simulator' && second.startsWith('demo')) return 'simulator/demo'
  return first === 'protocols' && third !== undefined ? `protocols/${second}` : first!
}

function ruleOf(unit: string): readonly string[] | undefined {
  return MAY_IMPORT[unit] ?? (unit.startsWith('protocols/') ? MAY_IMPORT['protocols/*'] : undefined)
}

function isAllowed(edge: Import): boolean {
  if (isErrorTypeOfIr(edge)) return true
  const allowed = ruleOf(edge.from) ?? []
  return (
    allowed.includes('*') ||
    allowed.includes(edge.to) ||
    (edge.to.startsWith('protocols/') &&
      !SHARED_BY_PROTOCOLS.includes(edge.to) &&
      allowed.includes('protocols/*')) ||
    (/^protocols\/[^/]+\/dialect\.ts$/.test(edge.target) && allowed.includes('dialects'))
  )
}

/** The one place where a type may be named and its value not used: docs/decisions/0002. */
function isErrorTypeOfIr(edge: Import): boolean {
  return edge.from === 'ir' && edge.to === 'errors' && edge.typeOnly
}

function specifiers(file: string): { path: string; typeOnly: boolean }[] {
  const text = code.get(file)!
  const statements = text.matchAll(/^\s*(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?'([^']+)'/gm)
  const dynamic = text.matchAll(/\bimport\(\s*'([^']+)'/g)
  return [
    ...[...statements].map(([, type, path]) => ({ path: path!, typeOnly: type !== undefined })),
    ...[...dynamic].map(([, path]) => ({ path: path!, typeOnly: false })),
  ]
}

function importsOf(file: string): Import[] {
  return specifiers(file)
    .filter(({ path }) => path.startsWith('.') && path.endsWith('.ts'))
    .map(({ path, typeOnly }) => {
      const target = relative(SRC, join(SRC, dirname(file), path)).replaceAll('\\', '/')
      return { file, target, from: unitOf(file), to: unitOf(target), typeOnly }
    })
}

/** Each cycle once, as `a → b → a`. */
function cycles(edges: readonly Import[]): string[] {
  const graph = new Map<string, Set<string>>()
  for (const { from, to } of edges) if (from !== to) graph.set(from, (graph.get(from) ?? new Set()).add(to))
  const found = new Set<string>()
  const done = new Set<string>()
  const walk = (unit: string, path: readonly string[]): void => {
    const at = path.indexOf(unit)
    if (at >= 0) {
      found.add([...path.slice(at), unit].join(' → '))
      return
    }
    if (done.has(unit)) return
    for (const next of graph.get(unit) ?? []) walk(next, [...path, unit])
    done.add(unit)
  }
  for (const unit of graph.keys()) walk(unit, [])
  return [...found]
}

function sizes(): [file: string, lines: number][] {
  return files.map((file) => [file, readFileSync(join(SRC, file), 'utf8').trimEnd().split('\n').length])
}

function linesMatching(pattern: RegExp): { file: string; line: number; text: string }[] {
  return files.flatMap((file) =>
    code
      .get(file)!
      .split('\n')
      .flatMap((text, index) => (pattern.test(text) ? [{ file, line: index + 1, text: text.trim() }] : [])),
  )
}
