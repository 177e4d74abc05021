/** The URL of what listens on a host, which may be an IPv6 address, and a port. */
export function httpUrl(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
