import type { Check } from './check.ts'

/** `engines` of package.json. */
const LEAST_NODE = [22, 19] as const
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy']

/** What may be wrong with this machine. */
export const MACHINE_CHECKS: readonly Check[] = [
  {
    id: 'node-version',
    area: 'machine',
    title: 'Node is too old',
    level: 'error',
    looksAt: 'The version of Node that runs this program.',
    means: `Dragoman needs Node ${LEAST_NODE.join('.')} or newer.`,
    mend: 'Install Node 24 from nodejs.org, or with your version manager: `nvm install 24`.',
    find: ({ nodeVersion }) => {
      const [major = 0, minor = 0] = nodeVersion.split('.').map(Number)
      const [leastMajor, leastMinor] = LEAST_NODE
      return major > leastMajor || (major === leastMajor && minor >= leastMinor)
        ? []
        : [
            {
              finding: `Node ${nodeVersion} runs; ${LEAST_NODE.join('.')} is the least`,
              mend: 'nvm install 24',
            },
          ]
    },
  },
  {
    id: 'proxy-loopback',
    area: 'machine',
    title: 'A proxy may swallow requests to this machine',
    level: 'warning',
    looksAt: '`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`.',
    means:
      'Clients that honour these variables send requests for the gateway to the proxy, which cannot reach it.',
    mend: '`export NO_PROXY=localhost,127.0.0.1,::1`',
    find: ({ env }) => {
      const set = PROXIES.filter((name) => env[name])
      const spared = (env.NO_PROXY ?? env.no_proxy ?? '').split(',').map((each) => each.trim())
      if (set.length === 0 || spared.includes('*')) return []
      return spared.includes('127.0.0.1') && spared.includes('localhost')
        ? []
        : [
            {
              finding: `${set.join(', ')} is set, and NO_PROXY does not spare localhost and 127.0.0.1`,
              mend: `export NO_PROXY=${[...spared.filter(Boolean), 'localhost', '127.0.0.1', '::1'].join(',')}`,
            },
          ]
    },
  },
]
