import { GatewayError, type ErrorCode } from '../errors.ts'

/** An error of the server itself, with the headers that its status asks for. */
export class Refusal extends GatewayError {
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: ErrorCode,
    message: string,
    options: { status?: number; headers?: Readonly<Record<string, string>>; cause?: unknown } = {},
  ) {
    const { headers, ...rest } = options
    super(code, message, { ...rest, retry: 'never' })
    this.name = 'Refusal'
    this.headers = headers ?? {}
  }
}

/** The client went away. Never answered, never an error in the log. */
export function clientClosed(): Refusal {
  return new Refusal('client-closed', 'The client closed the connection')
}

/** 415: a body that cannot be read as JSON because of how it is labelled or packed. */
export function unsupportedMedia(message: string, headers: Readonly<Record<string, string>> = {}): Refusal {
  return new Refusal('invalid-request', message, { status: 415, headers })
}

/** 405: the path exists, for other methods. */
export function wrongMethod(method: string | undefined, allow: readonly string[]): Refusal {
  const methods = allow.join(', ')
  return new Refusal('method-not-allowed', `This route takes ${methods}, not ${method}`, {
    headers: { allow: methods },
  })
}

/** 404: no such path. `near` names routes that may have been meant. */
export function noRoute(method: string | undefined, path: string, near: readonly string[]): Refusal {
  return new Refusal('not-found', `There is no route ${method} ${quoted(path)}; near it: ${near.join(', ')}`)
}

/** A client's text in quotation marks, cut to a length that a message can bear. */
export function quoted(text: string): string {
  return text.length > 100 ? `"${text.slice(0, 100)}…"` : `"${text}"`
}
