import { flatten, maskSettings } from '../../config/secrets.ts'
import { Document, isMap, parseDocument, type YAMLMap } from 'yaml'

/** What the wizard found out, as it goes into the config file. */
export type Answers = {
  readonly provider: { readonly name: string; readonly settings: Readonly<Record<string, string>> }
  /** The upstream's names for the three sizes. */
  readonly models: { readonly big: string; readonly middle: string; readonly small: string }
}

const HEAD = ` Dragoman's configuration: docs/configuration.md explains every key, "dragoman config check" checks it.`

/**
 * The config file with these answers in it. Of an existing file everything else stays, comments too; one that is not
 * YAML is replaced.
 */
export function configText(existing: string | undefined, answers: Answers): string {
  const document = readable(existing)
  const { provider, models } = answers
  document.setIn(['providers', provider.name], document.createNode(provider.settings))
  const target = (model: string) => `${provider.name}/${model}`
  setModels(document, {
    '*opus*': target(models.big),
    '*sonnet*': target(models.middle),
    '*haiku*': target(models.small),
  })
  if (!document.hasIn(['models', '*'])) document.setIn(['models', '*'], target(models.big))
  return document.toString({ lineWidth: 0 })
}

/** The same text for people: what an existing file holds of secrets in the clear is masked; references stay. */
export function shownText(text: string): string {
  const tree: unknown = parseDocument(text).toJS()
  const masked = new Map(flatten(maskSettings(tree)).map(({ path, value }) => [path, value]))
  let shown = text
  for (const { path, value } of flatten(tree)) {
    const other = masked.get(path)
    if (typeof value === 'string' && typeof other === 'string' && other !== value && !value.includes('${'))
      shown = shown.replaceAll(value, other)
  }
  return shown
}

function readable(existing: string | undefined): Document {
  const document = existing === undefined ? undefined : parseDocument(existing)
  if (document !== undefined && document.errors.length === 0 && isMap(document.contents)) return document
  const fresh = new Document({})
  fresh.commentBefore = HEAD
  return fresh
}

/** Patterns that exist are changed in their place; new ones go first, for the first match wins. */
function setModels(document: Document, rules: Readonly<Record<string, string>>): void {
  const models = document.get('models')
  if (!isMap(models)) document.set('models', document.createNode({}))
  const map = document.get('models') as YAMLMap
  const fresh = Object.entries(rules).filter(([pattern, target]) => {
    if (!map.has(pattern)) return true
    map.set(pattern, target)
    return false
  })
  map.items.unshift(...fresh.map(([pattern, target]) => document.createPair(pattern, target) as never))
}
