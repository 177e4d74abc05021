/** A member of an object in JSON text: where it stands. */
type Span = {
  /** From the key's quote to the end of the value. */
  readonly start: number
  readonly end: number
  readonly valueStart: number
}

type ObjectText = {
  readonly open: number
  readonly close: number
  readonly members: ReadonlyMap<string, Span>
}

/**
 * JSON text with one member set (or removed, with `undefined`), and every other byte as it was: order, indentation and
 * line ends are the user's. Objects on the way are made.
 *
 * @throws SyntaxError when the text is not JSON, or something on the way is no object
 */
export function setMember(text: string, path: readonly string[], value: unknown): string {
  const [key, ...rest] = path
  if (key === undefined) return text
  const blank = text.trim() === ''
  const source = blank ? '{}\n' : text
  JSON.parse(source.replace(/^\uFEFF/, ''))
  return edit(source, source.indexOf('{'), key, rest, value, styleOf(source))
}

type Style = { readonly indent: string; readonly newline: string }

function edit(
  text: string,
  open: number,
  key: string,
  rest: readonly string[],
  value: unknown,
  style: Style,
): string {
  if (text[open] !== '{') throw new SyntaxError(`there is no object to hold ${JSON.stringify(key)}`)
  const object = readObject(text, open)
  const span = object.members.get(key)
  const [next, ...deeper] = rest
  if (next !== undefined && span !== undefined && text[span.valueStart] === '{')
    return edit(text, span.valueStart, next, deeper, value, style)
  if (next !== undefined && value === undefined) return text
  const nested = rest.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value)
  if (nested === undefined) return span === undefined ? text : remove(text, object, span)
  const depth = depthOf(text, open, style)
  const written = pretty(nested, depth + 1, style)
  if (span !== undefined) return text.slice(0, span.valueStart) + written + text.slice(span.end)
  return append(text, object, `${JSON.stringify(key)}: ${written}`, depth, style)
}

function append(text: string, object: ObjectText, member: string, depth: number, style: Style): string {
  const { indent, newline } = style
  const last = [...object.members.values()].at(-1)
  const line = newline + indent.repeat(depth + 1) + member
  if (last !== undefined) return `${text.slice(0, last.end)},${line}${text.slice(last.end)}`
  return `${text.slice(0, object.open + 1)}${line}${newline}${indent.repeat(depth)}${text.slice(object.close)}`
}

function remove(text: string, object: ObjectText, span: Span): string {
  const spans = [...object.members.values()]
  const at = spans.indexOf(span)
  const after = spans[at + 1]
  const before = spans[at - 1]
  if (after !== undefined) return text.slice(0, span.start) + text.slice(after.start)
  if (before !== undefined) return text.slice(0, before.end) + text.slice(span.end)
  return `${text.slice(0, object.open + 1)}${text.slice(object.close)}`
}

/** Reads where the members of the object at `open` stand. The text is known to be JSON. */
function readObject(text: string, open: number): ObjectText {
  const members = new Map<string, Span>()
  let at = skipSpace(text, open + 1)
  while (text[at] !== '}') {
    const start = at
    at = skipValue(text, at)
    const key = JSON.parse(text.slice(start, at)) as string
    const valueStart = skipSpace(text, skipSpace(text, at) + 1)
    at = skipValue(text, valueStart)
    members.set(key, { start, end: at, valueStart })
    at = skipSpace(text, at)
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }
  return { open, close: at, members }
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (/\s/.test(text[at] ?? '')) at += 1
  return at
}

/** The place after the value that begins at `from`. */
function skipValue(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at += 1) {
    const character = text[at]
    if (character === '"') {
      for (at += 1; text[at] !== '"'; at += 1) if (text[at] === '\\') at += 1
    } else if (character === '{' || character === '[') depth += 1
    else if (character === '}' || character === ']') {
      if (depth === 0) return at
      depth -= 1
    } else if (depth === 0 && /[,:\s]/.test(character ?? '')) return at
    if (depth === 0 && /["}\]]/.test(text[at] ?? '')) return at + 1
  }
  return text.length
}

function styleOf(text: string): Style {
  return {
    indent: /\n([ \t]+)"/.exec(text)?.[1] ?? '  ',
    newline: text.includes('\r\n') ? '\r\n' : '\n',
  }
}

/** How deep the object at `open` is: the number of objects and lists around it. */
function depthOf(text: string, open: number, { indent }: Style): number {
  const lineStart = text.lastIndexOf('\n', open) + 1
  const space = /^[ \t]*/.exec(text.slice(lineStart, open))?.[0] ?? ''
  return Math.round(space.length / indent.length)
}

function pretty(value: unknown, depth: number, { indent, newline }: Style): string {
  return JSON.stringify(value, null, indent).replaceAll('\n', newline + indent.repeat(depth))
}
