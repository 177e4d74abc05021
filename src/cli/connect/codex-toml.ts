const OPEN = '# >>> dragoman >>> "dragoman disconnect codex" removes this block'
const CLOSE = '# <<< dragoman <<<'
const SET_ASIDE = '# set aside by dragoman: '

/** What Codex is to read: keys before any section, and a section of its own. */
export type CodexBlock = {
  readonly keys: Readonly<Record<string, string>>
  readonly section: string
  readonly lines: readonly string[]
}

/**
 * A `config.toml` with our block in it, every other line as it was. Keys at the top that ours would repeat are set aside as
 * comments: TOML knows each key once.
 */
export function connectCodex(text: string, block: CodexBlock): string {
  const clean = disconnectCodex(text)
  const newline = clean.includes('\r\n') ? '\r\n' : '\n'
  const lines = clean === '' ? [] : clean.split(newline)
  const top = lines.findIndex((line) => /^\s*\[/.test(line))
  const names = Object.keys(block.keys)
  const aside = lines.map((line, index) => {
    const name = /^\s*["']?([\w-]+)["']?\s*=/.exec(line)?.[1]
    return name !== undefined && names.includes(name) && (top < 0 || index < top) ? SET_ASIDE + line : line
  })
  const keys = [OPEN, ...Object.entries(block.keys).map(([name, value]) => `${name} = ${value}`), CLOSE, '']
  const section = [OPEN, `[${block.section}]`, ...block.lines, CLOSE, '']
  const body = aside.join(newline)
  const gap = body === '' || body.endsWith(newline) ? '' : newline
  return `${keys.join(newline)}${body}${gap}${section.join(newline)}`
}

/** The text without our blocks, and with what was set aside back in its place. */
export function disconnectCodex(text: string): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const kept: string[] = []
  let inside = false
  for (const line of text.split(newline)) {
    if (line === OPEN) inside = true
    else if (inside) inside = line !== CLOSE
    else kept.push(line.startsWith(SET_ASIDE) ? line.slice(SET_ASIDE.length) : line)
  }
  return kept.join(newline)
}

/** True when our block is in the text. */
export function isConnected(text: string): boolean {
  return text.includes(OPEN)
}

/** The value of a key before any section, where it is a plain string. */
export function topLevelString(text: string, name: string): string | undefined {
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*\[/.test(line)) return undefined
    const found = /^\s*([\w-]+)\s*=\s*"([^"\\]*)"/.exec(line)
    if (found?.[1] === name) return found[2]
  }
  return undefined
}
