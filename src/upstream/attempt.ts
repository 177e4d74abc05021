import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import { clientGone, type GatewayError } from '../errors.ts'
import { brokenOff, isReset, unanswered } from './failure.ts'
import { openResponse } from './open-response.ts'
import { isSource, SourceStream } from './request-body.ts'
import { ResponseBody } from './response-body.ts'
import type { UpstreamRequest, UpstreamResponse } from './upstream.ts'

/** From here on a request body is handed over in a way that lets go of it once it is sent. Bytes. */
const LARGE_BODY = 32 * 1024

/** One try to send a request: undici's handler on one side, the answer's promise and body on the other. */
export class Attempt implements Dispatcher.DispatchHandler {
  readonly response: Promise<UpstreamResponse>
  /** Set by the connection that took the request: it had been in use before. */
  reused = false

  readonly #request: Pick<UpstreamRequest, 'timeouts' | 'signal'>
  readonly #host: string
  readonly #resolve: (response: UpstreamResponse) => void
  readonly #reject: (error: GatewayError) => void
  #controller: Dispatcher.DispatchController | undefined
  #body: ResponseBody | undefined
  #answering = false
  #stale = false

  constructor(request: UpstreamRequest, host: string) {
    const { promise, resolve, reject } = Promise.withResolvers<UpstreamResponse>()
    this.response = promise
    this.#resolve = resolve
    this.#reject = reject
    // Not the whole request: the attempt lives as long as the answer, the request's body need not.
    this.#request = { timeouts: request.timeouts, signal: request.signal }
    this.#host = host
    request.signal.addEventListener('abort', this.#clientGone)
  }

  /** True when the connection turned out to be closed before a byte of an answer: sending again is safe. */
  get stale(): boolean {
    return this.#stale
  }

  dispatch(dispatcher: Dispatcher, request: UpstreamRequest, url: URL): void {
    const headers: Record<string, string> = { ...request.headers }
    if (!Object.keys(headers).some((name) => name.toLowerCase() === 'accept-encoding')) {
      headers['accept-encoding'] = 'identity'
    }
    const options: Dispatcher.DispatchOptions = {
      origin: url.origin,
      path: url.pathname + url.search,
      method: request.method,
      headers,
      headersTimeout: request.timeouts.firstByte,
      bodyTimeout: 0,
    }
    try {
      dispatcher.dispatch({ ...options, ...bodyOf(request.body, headers) }, this)
    } catch (thrown) {
      this.#fail(thrown instanceof Error ? thrown : new Error(String(thrown)))
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#request.signal.aborted) controller.abort(clientGone())
  }

  onResponseStarted(): void {
    this.#answering = true
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    wireHeaders: IncomingHttpHeaders,
  ): void {
    // 103 and the like: the answer proper is still to come.
    if (status < 200) return
    const raw = new ResponseBody(controller)
    this.#body = raw
    this.#resolve(openResponse(status, joinHeaders(wireHeaders), raw))
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#body?.push(chunk)
  }

  onResponseEnd(): void {
    this.#release()
    this.#body?.finish()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error)
  }

  #fail(error: Error): void {
    this.#release()
    if (this.#body === undefined) {
      this.#stale = this.reused && !this.#answering && isReset(error) && !this.#request.signal.aborted
      this.#reject(unanswered(error, this.#host, this.#request.timeouts))
    } else this.#body.fail(brokenOff(error, this.#host))
  }

  readonly #clientGone = (): void => {
    const reason = clientGone()
    // Without a controller the request still waits for its connection; it is dropped when that comes.
    if (this.#controller === undefined) this.#fail(reason)
    else this.#controller.abort(reason)
  }

  #release(): void {
    this.#request.signal.removeEventListener('abort', this.#clientGone)
  }
}

/**
 * The body as undici takes it. It keeps a Buffer until the answer is complete, minutes perhaps; an iterator
 * that has been read to its end holds nothing any more.
 */
function bodyOf(
  body: UpstreamRequest['body'],
  headers: Record<string, string>,
): Pick<Dispatcher.DispatchOptions, 'body'> {
  if (body === undefined) return {}
  if (isSource(body)) return { body: new SourceStream(body) }
  if (body.length < LARGE_BODY) return { body }
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  for (const name of Object.keys(headers)) if (name.toLowerCase() === 'content-length') delete headers[name]
  headers['content-length'] = String(bytes.length)
  // undici takes any iterable; its types know only streams.
  return { body: new Once(bytes) as unknown as Buffer }
}

/** Gives its bytes once and forgets them. (A generator that has ended still holds its variables.) */
class Once implements Iterable<Buffer>, Iterator<Buffer> {
  #bytes: Buffer | undefined

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  [Symbol.iterator](): this {
    return this
  }

  next(): IteratorResult<Buffer> {
    const value = this.#bytes
    this.#bytes = undefined
    return value === undefined ? { done: true, value } : { done: false, value }
  }
}

function joinHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const joined: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return joined
}
