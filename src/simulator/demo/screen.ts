import type { JsonObject } from '../../ir/json.ts'

/** What the demo can put on a terminal, or on a pipe without colours. */
export interface Screen {
  line(text?: string): void
  heading(text: string): void
  label(text: string): void
  note(text: string): void
  good(text: string): void
  bad(text: string): void
  /** A JSON body, long texts shortened. */
  body(value: JsonObject): void
  /** Text that arrives bit by bit; `line` ends it. */
  live(text: string): void
}

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, cyan: 36 } as const

export function createScreen(write: (text: string) => void, options: { color: boolean }): Screen {
  const paint = (style: keyof typeof STYLES, text: string): string =>
    options.color ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text
  const line = (text = ''): void => write(`${text}\n`)
  return {
    line,
    heading: (text) =>
      line(`\n${paint('bold', `── ${text} ${'─'.repeat(Math.max(3, 74 - text.length))}`)}\n`),
    label: (text) => line(paint('cyan', text)),
    note: (text) => line(paint('dim', text)),
    good: (text) => line(`  ${paint('green', '✓')} ${text}`),
    bad: (text) => line(`  ${paint('red', '✗')} ${text}`),
    body: (value) => line(indent(render(value))),
    live: (text) => write(text),
  }
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ')
}

/** One member a line; what is inside them stays on the line where it fits. */
function render(value: JsonObject): string {
  const members = Object.entries(value).map(
    ([name, member]) => `  ${JSON.stringify(name)}: ${renderMember(member)}`,
  )
  return `{\n${members.join(',\n')}\n}`
}

const WIDTH = 96

function renderMember(member: unknown): string {
  const flat = JSON.stringify(member) ?? 'null'
  if (!Array.isArray(member) || flat.length <= WIDTH) return shorten(flat)
  return `[\n${member.map((item) => `    ${shorten(JSON.stringify(item) ?? 'null')}`).join(',\n')}\n  ]`
}

function shorten(text: string): string {
  return text.length <= 2 * WIDTH ? text : `${text.slice(0, 2 * WIDTH - 1).toWellFormed()}…`
}
