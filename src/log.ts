export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export type LogFields = { readonly [key: string]: unknown }

/** Writes one JSON object a line. Values under secret-looking names are masked whatever the caller passes. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

export type LogOptions = {
  readonly level: LogLevel
  /** Receives one line without its newline. */
  readonly write: (line: string) => void
  readonly now: () => Date
}

const ORDER: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent']
const SECRET_NAME = /authorization|api[-_]?key|^key$|token$|secret|password|cookie|credential/i
/** Token shapes that vendors use; they are masked inside texts too, e.g. in an upstream's error message. */
const SECRET_TEXT =
  /\b(?:sk|pk|xai|gsk|AIza|ghp|glpat)[-_A-Za-z0-9]{16,}|\bBearer\s+[-._~+/A-Za-z0-9]{8,}=*|\beyJ[-_A-Za-z0-9]{10,}\.[-._A-Za-z0-9]{10,}/g

const ANY_SECRET = new RegExp(SECRET_TEXT.source)

/** What is shorter can be none of them, and most values of a log are. */
const SHORTEST_SECRET = 'Bearer 12345678'.length

/** A logger that drops everything below `level` and masks secrets in what it writes. */
export function createLogger(options: LogOptions): Logger {
  const least = ORDER.indexOf(options.level)
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (ORDER.indexOf(level) < least) return
    const entry = { time: options.now().toISOString(), level, message, ...fields }
    options.write(plainLine(entry) ?? maskedLine(entry))
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** A line whose secrets are masked, by name and by shape. */
const maskedLine = (entry: LogFields): string => JSON.stringify(redact(entry))

/**
 * The same line without a look at every value, where there is nothing to mask, as is so of nearly all lines. Undefined where it cannot be told from the line as a whole: a secret after an escape
 * such as `\n` does not stand apart there.
 */
function plainLine(entry: LogFields): string | undefined {
  if (!isPlain(entry, 0)) return undefined
  const line = JSON.stringify(entry)
  return line.includes('\\') || ANY_SECRET.test(line) ? undefined : line
}

/** True for plain data that JSON writes as it is, without strings under secret-looking names. */
function isPlain(value: object, depth: number): boolean {
  if (depth > 3) return false
  const isList = Array.isArray(value)
  if (!isList && Object.getPrototypeOf(value) !== Object.prototype) return false
  for (const key of Object.keys(value)) {
    const member = (value as LogFields)[key]
    if (typeof member === 'string') {
      if (!isList && namesSecret(key)) return false
    } else if (typeof member === 'object' && member !== null && !isPlain(member, depth + 1)) return false
  }
  return true
}

/** A logger that says nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** Keeps enough of a secret to recognise it: `sk-a…9f`; short ones become `…`. */
export function mask(secret: string): string {
  return secret.length < 12 ? '…' : `${secret.slice(0, 4)}…${secret.slice(-2)}`
}

/** The text with everything that looks like a credential masked. */
export function maskText(text: string): string {
  return text.length < SHORTEST_SECRET ? text : text.replace(SECRET_TEXT, (found) => mask(found))
}

/** A copy of the fields with secrets masked by name and by shape. Errors become their message and cause. */
export function redact(fields: LogFields): LogFields {
  return redactValue(fields, 0) as LogFields
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return maskText(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth > 6) return '…'
  if (value instanceof Error) {
    return {
      error: maskText(value.message),
      ...('code' in value && { code: value.code }),
      ...(value.cause !== undefined && { cause: redactValue(value.cause, depth + 1) }),
    }
  }
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1))
  // Not by assignment, which would lose a member called `__proto__`.
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      typeof member === 'string' && namesSecret(key) ? mask(member) : redactValue(member, depth + 1),
    ]),
  )
}

/** Every request is logged under the same few names: each is judged once. */
const judged = new Map<string, boolean>()
/** An upstream's own JSON may bring names without end. */
const MOST_JUDGED = 1_000

function namesSecret(name: string): boolean {
  const known = judged.get(name)
  if (known !== undefined) return known
  const secret = SECRET_NAME.test(name)
  if (judged.size < MOST_JUDGED) judged.set(name, secret)
  return secret
}
