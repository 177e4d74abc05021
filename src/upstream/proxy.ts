import { BlockList, isIP } from 'node:net'

/** Which proxy stands before which addresses. Its URLs may hold credentials. */
export type ProxyRules = {
  /** For `http:` addresses. */
  readonly http?: string
  /** For `https:` addresses. */
  readonly https?: string
  /**
   * What is reached directly, in the words of `NO_PROXY`: `example.com` and `.example.com` (the host and all below
   * it), `*.example.com` (all below it), `10.*`, `192.168.0.0/16`, `[::1]`, any of them with `:port`; `*` for all.
   */
  readonly except: readonly string[]
}

/** The proxy to send a request for this address through; undefined: none. Names are not looked up. */
export function proxyFor(url: URL, rules: ProxyRules | undefined): string | undefined {
  const proxy = url.protocol === 'http:' ? rules?.http : rules?.https
  if (rules === undefined || proxy === undefined) return undefined
  const host = plain(url.hostname)
  const port = url.port === '' ? (url.protocol === 'http:' ? '80' : '443') : url.port
  return exceptionsOf(rules).some((excepts) => excepts(host, port)) ? undefined : proxy
}

/** True for a host and port that an entry names. */
type Exception = (host: string, port: string) => boolean

/** Rules live as long as their config: they are read once. */
const compiled = new WeakMap<ProxyRules, readonly Exception[]>()

function exceptionsOf(rules: ProxyRules): readonly Exception[] {
  let exceptions = compiled.get(rules)
  if (exceptions === undefined) {
    exceptions = rules.except.flatMap(readEntry)
    compiled.set(rules, exceptions)
  }
  return exceptions
}

/** Lower case, without the brackets of IPv6 and the dot that ends a name in full. */
const plain = (host: string): string => host.toLowerCase().replace(/^\[|\]$|\.$/g, '')

function readEntry(entry: string): readonly Exception[] {
  // Some paste addresses; what counts of them is the host.
  const text = entry
    .trim()
    .replace(/^[a-z]+:\/\//i, '')
    .replace(/(?<!\/\d*)\/$/, '')
  if (text === '') return []
  // More than one colon without brackets is an IPv6 address, which has no port.
  const { named, port } = /^(?<named>\[.+\]|[^:]+):(?<port>\d+)$/.exec(text)?.groups ?? { named: text }
  const matches = hostMatcher(plain(named ?? text))
  return [(host, at) => (port === undefined || port === at) && matches(host)]
}

function hostMatcher(name: string): (host: string) => boolean {
  const network = /^(?<address>.+)\/(?<bits>\d+)$/.exec(name)?.groups
  const address = network?.['address'] ?? name
  const family = familyOf(address)
  if (family !== undefined) {
    const list = new BlockList()
    const bits = Number(network?.['bits'] ?? (family === 'ipv4' ? 32 : 128))
    if (bits > (family === 'ipv4' ? 32 : 128)) return () => false
    list.addSubnet(address, bits, family)
    return (host) => {
      const other = familyOf(host)
      return other !== undefined && list.check(host, other)
    }
  }
  if (name.includes('*')) {
    const pattern = name
      .split('*')
      .map((part) => part.replace(/[^\w-]/g, '\\$&'))
      .join('.*')
    const glob = new RegExp(`^${pattern}$`)
    return (host) => glob.test(host)
  }
  const suffix = name.replace(/^\.+/, '')
  return (host) => host === suffix || host.endsWith(`.${suffix}`)
}

function familyOf(host: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(host)
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6'
}
