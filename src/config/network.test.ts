import { describe, expect, it } from 'vitest'
import { ConfigError } from './issues.ts'
import { loadConfig } from './load.ts'
import { maskSettings } from './secrets.ts'

const THIS_MACHINE = ['localhost', '127.0.0.0/8', '::1']
const PROVIDER = '{ type: openai, apiKey: sk-test-1234567890'

type Files = Readonly<Record<string, string>>

function load(yaml: string, env: Readonly<Record<string, string>> = {}, files: Files = {}) {
  return loadConfig({
    platform: 'linux',
    homedir: '/home/me',
    cwd: '/home/me',
    env,
    flags: { config: 'etc/dragoman.yaml' },
    readFile: (path) => (path === '/home/me/etc/dragoman.yaml' ? yaml : files[path]),
  })
}

/** The proxies that a provider is reached through. */
function proxies(own: string, general = '', env: Readonly<Record<string, string>> = {}) {
  const { config } = load(`${general}\nproviders: { p: ${PROVIDER}${own} } }`, env)
  return config.providers['p']?.network?.proxies
}

function faultOf(yaml: string, env: Readonly<Record<string, string>> = {}, files: Files = {}): string {
  try {
    load(yaml, env, files)
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.message
  }
  return 'none'
}

describe('the proxy', () => {
  const A = 'http://a.example:3128/'
  const B = 'http://b.example:8080/'

  it.each([
    [{ HTTPS_PROXY: A }, { https: A }],
    [{ https_proxy: A, HTTPS_PROXY: B }, { https: A }],
    [
      { HTTP_PROXY: A, HTTPS_PROXY: B },
      { http: A, https: B },
    ],
    [{ HTTPS_PROXY: 'a.example:3128' }, { https: A }],
    [{ HTTPS_PROXY: '', https_proxy: ' ' }, undefined],
    [{ https_proxy: '', HTTPS_PROXY: A }, undefined],
    [{}, undefined],
  ])('of the environment %j', (env, expected) => {
    expect(proxies('', '', env as Record<string, string>)).toEqual(
      expected && { ...expected, except: THIS_MACHINE },
    )
  })

  it('of the config comes before that of the environment, which still says what is near', () => {
    const except = [...THIS_MACHINE, 'near.example', '10.0.0.0/8']
    const env = { HTTPS_PROXY: B, NO_PROXY: 'near.example, 10.0.0.0/8' }
    expect(proxies('', `proxy: ${A}`, env)).toEqual({ http: A, https: A, except })
    expect(proxies('', `proxy: ${A}\nnoProxy: [mine.example]`, env)?.except).toEqual([
      ...THIS_MACHINE,
      'mine.example',
    ])
    expect(proxies('', 'proxy: none', env)).toBeUndefined()
  })

  it('of a provider holds for it alone, whatever is near', () => {
    const env = { HTTPS_PROXY: B, NO_PROXY: '*' }
    expect(proxies(`, proxy: "${A}"`, '', env)).toEqual({ http: A, https: A, except: [] })
    expect(proxies(', proxy: none', `proxy: ${B}`, env)).toBeUndefined()
  })

  it.each(['ftp://a.example', 'http://', 'socks5://me:hunter2@a', 'http://me:hunter2%@a'])(
    '%j is refused without repeating it',
    (text) => {
      const fault = faultOf(`proxy: "${text}"\nproviders: { p: ${PROVIDER} } }`)
      expect(fault).toMatch(/dragoman\.yaml:1.*proxy.*is not an http/)
      expect(fault).not.toContain('hunter2')
      expect(faultOf(`providers: { p: ${PROVIDER} } }`, { HTTPS_PROXY: text })).toMatch(/\(HTTPS_PROXY\)/)
    },
  )

  it.each([
    ['http://me:hunter2@a.example:3128', 'http://…@a.example:3128'],
    ['http://me:hunt@er2@a.example:3128', 'http://…@a.example:3128'],
    ['me:hunter2@a.example:3128', '…@a.example:3128'],
    ['http://a.example:3128', 'http://a.example:3128'],
    ['none', 'none'],
  ])('%s is shown as %s', (text, shown) => {
    expect(maskSettings({ proxy: text, providers: { p: { proxy: text } } })).toEqual({
      proxy: shown,
      providers: { p: { proxy: shown } },
    })
  })
})

/** Self-signed; it has expired long ago, which does not matter here. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBdTCCARugAwIBAgIUFAKE
-----END CERTIFICATE-----`

describe('certificates to trust', () => {
  const yaml = `tls: { ca: [ca.pem] }\nproviders: { p: ${PROVIDER} } }`

  it.each([
    [{}, /ca\[0\].*no such file/],
    [{ '/home/me/etc/ca.pem': 'nothing' }, /ca\[0\].*no certificate in PEM form/],
    [{ '/home/me/etc/ca.pem': CERTIFICATE }, /ca\[0\].*damaged/],
  ])('that cannot be used are refused: %j', (files, expected) => {
    expect(faultOf(yaml, {}, files as Files)).toMatch(expected)
  })
})
