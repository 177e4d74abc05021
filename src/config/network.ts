import { X509Certificate } from 'node:crypto'
import type { Network } from '../providers/provider.ts'
import type { Issues, Path } from './issues.ts'
import type { Environment } from './paths.ts'
import type { Settings } from './schema.ts'

/** What a provider, or the config as a whole, says about the way to upstreams. */
export type NetworkSettings = {
  readonly proxy?: string | undefined
  readonly tls?: { readonly ca?: readonly string[] | undefined } | undefined
}

export type NetworkOptions = {
  readonly settings: Pick<Settings, 'proxy' | 'noProxy' | 'tls'>
  readonly env: Environment
  /** The text of a file named in the config; undefined when there is none. Throws when it cannot be read. */
  readonly readFile: (file: string) => string | undefined
  readonly issues: Issues
}

/** Whatever the environment says, this machine is reached directly. */
const THIS_MACHINE = ['localhost', '127.0.0.0/8', '::1']

/**
 * Reads how upstreams are reached: a provider's own proxy, else the config's, else `HTTPS_PROXY` and `HTTP_PROXY`; and
 * the files of certificates to trust. Records what is wrong, without quoting credentials.
 */
export class NetworkReader {
  readonly #options: NetworkOptions
  /** Files that were read: a change of one of them changes the configuration. */
  readonly files = new Set<string>()
  /** For everything that no provider's own settings are for. */
  readonly general: Network | undefined
  readonly #proxies: Network['proxies']
  readonly #ca: readonly string[]

  constructor(options: NetworkOptions) {
    this.#options = options
    const { settings } = options
    this.#proxies = this.#generalProxies()
    this.#ca = this.#certificates(settings, [])
    this.general = network(this.#proxies, this.#ca)
  }

  /** For one provider; its certificates are trusted besides the general ones. */
  of(own: NetworkSettings, path: Path): Network | undefined {
    const ca = [...this.#ca, ...this.#certificates(own, path)]
    if (own.proxy === undefined) return network(this.#proxies, ca)
    if (own.proxy === 'none') return network(undefined, ca)
    const proxy = this.#address(own.proxy, [...path, 'proxy'], '')
    return network(proxy === undefined ? undefined : { http: proxy, https: proxy, except: [] }, ca)
  }

  #generalProxies(): Network['proxies'] {
    const { settings, env } = this.#options
    if (settings.proxy === 'none') return undefined
    const variable = (name: string) => {
      const found = [name.toLowerCase(), name].find((each) => env[each] !== undefined)
      const value = found === undefined ? '' : (env[found] ?? '').trim()
      return value === '' ? undefined : this.#address(value, ['proxy'], ` in the environment (${found})`)
    }
    const written = settings.proxy === undefined ? undefined : this.#address(settings.proxy, ['proxy'], '')
    const http = settings.proxy === undefined ? variable('HTTP_PROXY') : written
    const https = settings.proxy === undefined ? variable('HTTPS_PROXY') : written
    if (http === undefined && https === undefined) return undefined
    const noProxy = settings.noProxy ?? (env.no_proxy ?? env.NO_PROXY ?? '').split(/[\s,]+/)
    return {
      ...(http !== undefined && { http }),
      ...(https !== undefined && { https }),
      except: [...THIS_MACHINE, ...noProxy.filter((entry) => entry !== '')],
    }
  }

  /** A proxy's URL. Without a scheme it is taken for `http://`, as every other program does. */
  #address(text: string, path: Path, place: string): string | undefined {
    const url = URL.parse(text.includes('://') ? text : `http://${text}`)
    if (url !== null && /^https?:$/.test(url.protocol) && url.hostname !== '' && decodes(url)) return url.href
    const fix = 'Write http://proxy.example.com:3128; a name and password in it percent-encoded'
    this.#options.issues.add(path, `the proxy${place} is not an http:// or https:// address`, fix)
    return undefined
  }

  #certificates({ tls }: NetworkSettings, path: Path): readonly string[] {
    return (tls?.ca ?? []).flatMap((file, index) => {
      const fault = (problem: string) => {
        this.#options.issues.add(
          [...path, 'tls', 'ca', index],
          problem,
          'Name a file of certificates in PEM form',
        )
        return []
      }
      this.files.add(file)
      let pem: string | undefined
      try {
        pem = this.#options.readFile(file)
      } catch (thrown) {
        return fault(`cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
      }
      if (pem === undefined) return fault('there is no such file')
      const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
      if (found.length === 0) return fault('holds no certificate in PEM form')
      return found.every(isCertificate) ? [found.join('\n')] : fault('holds a certificate that is damaged')
    })
  }
}

function network(proxies: Network['proxies'], ca: readonly string[]): Network | undefined {
  if (proxies === undefined && ca.length === 0) return undefined
  return { ...(proxies !== undefined && { proxies }), ...(ca.length > 0 && { ca: ca.join('\n') }) }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== ''
  } catch {
    return false
  }
}

/** The name and password are sent decoded. */
function decodes({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password)
    return true
  } catch {
    return false
  }
}
