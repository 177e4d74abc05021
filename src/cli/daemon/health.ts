import { get } from 'node:http'
import { asNumber, asObject, asString, parseJson } from '../../ir/json.ts'
import { httpUrl } from '../../server/address.ts'

/** Who answers at an address. */
export type Answering =
  | {
      readonly kind: 'gateway'
      readonly instance?: string
      readonly version: string
      readonly uptime: number
      /** Processes that serve; absent where there is one. */
      readonly workers?: number
    }
  /** Something answers that is no gateway. */
  | { readonly kind: 'other' }
  | { readonly kind: 'nobody' }

const PATIENCE_MS = 2000
/** More than a health answer ever has. */
const LONGEST = 10_000

/** Asks `/health`. The connection is closed at once: a gateway that drains waits for open ones. */
export function askHealth(url: string, patienceMs = PATIENCE_MS): Promise<Answering> {
  return new Promise((settle) => {
    const request = get(`${url}/health`, { agent: false, timeout: patienceMs }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        body += text
        if (body.length > LONGEST) request.destroy()
      })
      response.on('end', () => settle(answering(body)))
      response.on('close', () => settle({ kind: 'other' }))
    })
    request.on('timeout', () => request.destroy())
    request.on('error', (error: NodeJS.ErrnoException) =>
      // What speaks something else than HTTP answers too.
      settle({ kind: error.code?.startsWith('HPE_') === true ? 'other' : 'nobody' }),
    )
    request.on('close', () => settle({ kind: 'nobody' }))
  })
}

function answering(body: string): Answering {
  const wire = asObject(parseJson(body))
  if (wire.name !== 'dragoman') return { kind: 'other' }
  const instance = asString(wire.instance)
  const workers = asNumber(wire.workers)
  return {
    kind: 'gateway',
    version: asString(wire.version) ?? '',
    uptime: asNumber(wire.uptime) ?? 0,
    ...(instance !== undefined && { instance }),
    ...(workers !== undefined && { workers }),
  }
}

/** The URL at which a program of this machine reaches what listens on an address. */
export function localUrl(host: string, port: number): string {
  const reachable = host === '0.0.0.0' || host === '' ? '127.0.0.1' : host === '::' ? '::1' : host
  return httpUrl(reachable, port)
}
