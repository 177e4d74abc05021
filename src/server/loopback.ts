/** True for an address of this machine: 127.0.0.0/8, ::1, or the former mapped into IPv6. */
export function isLoopbackAddress(address: string): boolean {
  const plain = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
  return plain === '::1' || /^127(?:\.\d{1,3}){3}$/.test(plain)
}

/** True for a host name that leads to this machine: a loopback address or `localhost`. No port, no brackets. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '')
  return name === 'localhost' || name.endsWith('.localhost') || isLoopbackAddress(name)
}

/** The host of a `host:port` pair, without brackets. */
export function hostOf(authority: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d*)?$/.exec(authority)
  if (bracketed !== null) return bracketed[1] ?? ''
  return authority.replace(/:\d*$/, '')
}
