import { isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'
import { isObject, type JsonObject } from '../ir/json.ts'
import { ConfigError, showPath, type Path } from './issues.ts'

/** A configuration as written, before it is checked: a file, or what the environment amounts to. */
export type Source = {
  /** The file as it is shown, or `environment`. */
  readonly name: string
  readonly tree: JsonObject
  /** Where the value at a path is written: `dragoman.yaml:7`, `env PORT`. */
  readonly locate: (path: Path) => string
  /** The names under `models`, as written: a JavaScript object would move integer-like ones to the front. */
  readonly patterns: readonly string[]
}

/**
 * Reads a YAML (or JSON) config file.
 *
 * @param name what the file is called in messages
 * @throws ConfigError when the text is no YAML, or no section at its top
 */
export function readDocument(text: string, name: string): Source {
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter, merge: true, prettyErrors: false })
  const at = (offset: number) => `${name}:${counter.linePos(offset).line}`
  if (document.errors.length > 0) {
    throw new ConfigError(
      // After the first, errors tell how the parser lost its way; repeated keys are the exception.
      document.errors
        .filter(({ code }, index) => index === 0 || code === 'DUPLICATE_KEY')
        .map((error) => ({
          where: `${at(error.pos[0])}:${counter.linePos(error.pos[0]).col}`,
          path: '',
          problem: `this is not valid YAML: ${error.message}`,
          // The commonest cause by far: `{ key: ${NAME} }`, where YAML takes the brace for its own.
          fix: /\{[^}\n]*:\s*\$\{/.test(text) ? 'Inside `{ … }`, write `"${NAME}"` with quotes' : '',
        })),
    )
  }

  const lines = new Map<string, string>()
  visit(document, {
    Node(_, node, ancestors) {
      const path = pathOf([...ancestors, node])
      if (path !== undefined && node.range)
        lines.set(showPath(path), at(keyOffset(ancestors) ?? node.range[0]))
    },
  })
  const tree: unknown = document.toJS() ?? {}
  if (!isObject(tree)) {
    throw new ConfigError([
      { where: `${name}:1`, path: '', problem: 'a config file holds keys such as `providers:`', fix: '' },
    ])
  }

  const models = document.get('models', true)
  const patterns = isMap(models) ? models.items.map((pair) => keyText(pair.key)) : []
  return {
    name,
    tree,
    patterns,
    locate: (path) => {
      for (let depth = path.length; depth > 0; depth -= 1) {
        const found = lines.get(showPath(path.slice(0, depth)))
        if (found !== undefined) return found
      }
      return name
    },
  }
}

/** The path of the last of these nested nodes; undefined for a key itself. */
function pathOf(chain: readonly unknown[]): Path | undefined {
  const path: (string | number)[] = []
  for (const [index, node] of chain.entries()) {
    const parent = chain[index - 1]
    if (isSeq(parent)) path.push(parent.items.indexOf(node as never))
    else if (isPair(parent)) {
      if (parent.key === node) return undefined
      path.push(keyText(parent.key))
    }
  }
  return path
}

/** A value is found at its key, even where it starts on the next line. */
function keyOffset(ancestors: readonly unknown[]): number | undefined {
  const parent = ancestors.at(-1)
  return isPair(parent) && isScalar(parent.key) ? parent.key.range?.[0] : undefined
}

function keyText(key: unknown): string {
  return String(isScalar(key) ? key.value : key)
}
