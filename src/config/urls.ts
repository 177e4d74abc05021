/** True for addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '')
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '::1' ||
    /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(name)
  )
}

/** What keeps a URL from being sent credentials; undefined when nothing does. Never quotes the URL. */
export function urlFault(text: string): { problem: string; fix: string } | undefined {
  const url = URL.parse(text)
  if (url === null) return { problem: 'is not a URL', fix: 'Write it with its scheme: https://…' }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return { problem: `cannot be reached by \`${url.protocol}//\``, fix: 'Write https://…' }
  if (url.username !== '' || url.password !== '')
    return { problem: 'holds a user name or password', fix: 'Move it to `apiKey` or `headers`' }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return {
      problem: 'is plain http:// to another machine, which would show the key to the network',
      fix: 'Use https://; plain http:// is for loopback only',
    }
  }
  return undefined
}
