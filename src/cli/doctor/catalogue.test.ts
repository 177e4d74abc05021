import { readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import { TROUBLESHOOTING_PAGE, troubleshootingPage } from '../../../scripts/generate-troubleshooting.ts'
import { ConfigError, type ConfigIssue } from '../../config/issues.ts'
import { parseConfig } from '../../config/load.ts'
import { createProvider } from '../../providers/index.ts'
import type { TargetReport } from '../probe/probe.ts'
import { CATALOGUE } from './catalogue.ts'
import { findAll, type Facts } from './check.ts'

const URL_OF_GATEWAY = 'http://127.0.0.1:8082'
const KEY = 'client-key-0123456789'
const config = parseConfig(`auth: { keys: ["${KEY}"] }
providers:
  azure: { type: azure-openai, endpoint: acme, apiKey: azure-key-1 }
  entra: { type: azure-foundry, resource: acme, auth: entra }
models: { "*": azure/gpt-5.2 }
`)

const report: TargetReport = {
  target: 'azure/gpt-5.2',
  protocol: 'chat',
  reached: true,
  status: 200,
  ms: 10,
  text: true,
  stream: true,
  tools: true,
  countTokens: 'estimated',
  reasoning: 'yes',
}

const record = {
  instance: 'i',
  pid: 4711,
  host: '127.0.0.1',
  port: 8082,
  version: '1.0.0',
  started: '',
  config: '/dragoman.yaml',
}

/** Everything is well: the gateway runs, Claude Code is connected to it, and its target answers. */
const WELL: Facts = {
  nodeVersion: '24.1.0',
  version: '1.0.0',
  env: {},
  config,
  configIssues: [],
  gateway: { record, recordFile: '/state/gateway.json', found: { state: 'running', uptime: 1 } },
  cleaned: [],
  portOwner: undefined,
  gatewayUrl: URL_OF_GATEWAY,
  claude: {
    file: '~/.claude/settings.json',
    problem: undefined,
    env: {
      ANTHROPIC_BASE_URL: URL_OF_GATEWAY,
      ANTHROPIC_AUTH_TOKEN: KEY,
      CLAUDE_CODE_AUTO_COMPACT_WINDOW: '400000',
    },
    answering: { kind: 'gateway', version: '1.0.0', uptime: 1 },
    onboarded: true,
  },
  reports: [report],
  clocks: [{ provider: 'entra', host: 'acme', aheadSeconds: 2 }],
}

const settings = (env: Record<string, string>, more: Partial<Facts['claude']> = {}) => ({
  claude: { ...WELL.claude, ...more, env: { ...WELL.claude.env, ...env } },
})

function issuesOf(yaml: string): Partial<Facts> {
  try {
    const { providers } = parseConfig(yaml)
    for (const provider of Object.values(providers)) createProvider(provider)
    return {}
  } catch (thrown) {
    if (thrown instanceof ConfigError) return { config: undefined, configIssues: thrown.issues }
    const issue: ConfigIssue = {
      where: 'dragoman.yaml:1',
      path: 'providers.p.endpoint',
      problem: (thrown as Error).message,
      fix: '',
    }
    return { config: undefined, configIssues: [issue] }
  }
}

const failing = (error: string, status = 502) => ({
  reports: [{ ...report, text: false, stream: false, tools: false, reached: false, status, error }],
})

const provider = (fields: string) => `providers: { p: { type: azure-openai, ${fields} } }`
const narrow = parseConfig(`providers:
  azure: { type: azure-openai, endpoint: acme, apiKey: azure-key-1, models: { tiny: { contextWindow: 32000 } } }
models: { "*": azure/tiny }
`)
const nameless = parseConfig(`providers:
  azure: { type: azure-openai, endpoint: acme, apiKey: azure-key-1 }
models: { "*": azure/mine }
`)

const CASES: readonly (readonly [id: string, facts: Partial<Facts>, finding: RegExp, mend: RegExp])[] = [
  [
    'config-missing',
    {
      config: undefined,
      configIssues: [{ where: 'configuration', path: '', problem: 'there is none: no file at /x', fix: '' }],
    },
    /no file at/,
    /dragoman setup/,
  ],
  ['config-unreadable', issuesOf('providers: { p: { apiKey: ${X} } }'), /dragoman\.yaml:1/, /quotes/],
  [
    'variable-unset',
    issuesOf(provider('endpoint: a, apiKey: "${NOT_THERE}"')),
    /NOT_THERE is not set/,
    /Set NOT_THERE/,
  ],
  ['placeholder-key', issuesOf(provider('endpoint: a, apiKey: your-api-key')), /placeholder/, /\$\{NAME\}/],
  ['endpoint-form', issuesOf(provider('endpoint: "not an endpoint"')), /neither a resource name/, /portal/],
  ['endpoint-form', issuesOf(provider('baseUrl: "http://example.com/v1"')), /plain http/, /https/],
  ['endpoint-form', issuesOf(provider('apiKey: abcdefgh1234')), /does not say where it is/, /endpoint/],
  ['config-invalid', issuesOf('retires: 1'), /unknown key/, /retries/],
  [
    'config-doubtful',
    { config: { ...config, warnings: ['`x` is never reached'] } },
    /never reached/,
    /config show/,
  ],
  ['port-taken', { portOwner: 'python (pid 7)' }, /port 8082 is taken by python \(pid 7\)/, /server\.port/],
  ['stale-pid', { cleaned: ['Removed the stale pid file x'] }, /stale pid file x/, /start --detach/],
  [
    'gateway-silent',
    { gateway: { record, recordFile: '', found: { state: 'silent' } } },
    /4711 does not answer on port 8082/,
    /restart --force/,
  ],
  ['gateway-outdated', { version: '1.1.0' }, /1\.0\.0 runs, 1\.1\.0/, /restart/],
  [
    'upstream-unauthorized',
    failing("502 upstream_auth: The upstream refused the gateway's own credentials (401): Access denied"),
    /401/,
    /providers\.azure\.apiKey/,
  ],
  [
    'upstream-unauthorized',
    {
      reports: [
        {
          ...report,
          target: 'entra/claude',
          text: false,
          error: "The provider 'entra' got no token from Entra ID",
        },
      ],
    },
    /no token/,
    /az login/,
  ],
  [
    'upstream-forbidden',
    failing("The upstream refused the gateway's own credentials (403): no"),
    /403/,
    /role assignment/,
  ],
  ['deployment-missing', failing('404 DeploymentNotFound: no', 404), /DeploymentNotFound/, /deployment list/],
  [
    'api-unsupported',
    failing('400 OperationNotSupported: no', 400),
    /OperationNotSupported/,
    /protocol: responses/,
  ],
  [
    'upstream-unreachable',
    failing('acme did not answer: connection refused'),
    /did not answer/,
    /providers\.azure/,
  ],
  ['upstream-limited', failing('429: slow down', 429), /slow down/, /second target/],
  ['upstream-failed', failing('500: oh', 500), /500: oh/, /dragoman test azure\/gpt-5\.2/],
  ['stream-unsupported', { reports: [{ ...report, stream: false }] }, /azure\/gpt-5\.2/, /providers\.azure/],
  ['tools-unsupported', { reports: [{ ...report, tools: false }] }, /azure\/gpt-5\.2/, /toolBridge/],
  ['reasoning-unsupported', { reports: [{ ...report, reasoning: 'no' }] }, /no reasoning/, /another model/],
  [
    'clock-skew',
    { clocks: [{ provider: 'entra', host: 'acme', aheadSeconds: -900 }] },
    /900 seconds behind acme/,
    /ntp/,
  ],
  ['claude-settings-unreadable', settings({}, { problem: 'it is not JSON' }), /not JSON/, /settings\.json/],
  ['gateway-down', settings({}, { answering: { kind: 'nobody' } }), /nobody answers/, /disconnect claude/],
  ['claude-elsewhere', settings({ ANTHROPIC_BASE_URL: 'http://localhost:9999' }), /9999/, /connect claude/],
  [
    'provider-mode',
    { env: { CLAUDE_CODE_USE_FOUNDRY: '1' } },
    /FOUNDRY is set in the shell/,
    /unset CLAUDE_CODE_USE_FOUNDRY/,
  ],
  ['provider-mode', settings({ CLAUDE_CODE_USE_BEDROCK: 'true' }), /BEDROCK is set in ~/, /connect claude/],
  ['provider-mode', { env: { CLAUDE_CODE_USE_VERTEX: '1' } }, /VERTEX/, /unset/],
  [
    'shell-base-url',
    { env: { ANTHROPIC_BASE_URL: 'http://localhost:1' } },
    /the shell says http:\/\/localhost:1/,
    /unset/,
  ],
  [
    'login-pending',
    settings({ ANTHROPIC_AUTH_TOKEN: '' }, { onboarded: false }),
    /no credential/,
    /connect claude/,
  ],
  ['two-credentials', { env: { ANTHROPIC_API_KEY: 'x' } }, /both set/, /unset ANTHROPIC_API_KEY/],
  ['wrong-client-key', settings({ ANTHROPIC_AUTH_TOKEN: 'other' }), /none of auth\.keys/, /connect claude/],
  [
    'context-window',
    settings({ CLAUDE_CODE_AUTO_COMPACT_WINDOW: '' }),
    /1000000 tokens, azure\/gpt-5\.2 has 400000/,
    /connect claude/,
  ],
  ['context-window', settings({ CLAUDE_CODE_AUTO_COMPACT_WINDOW: '900000' }), /900000/, /connect claude/],
  ['window-unknown', { config: nameless }, /azure\/mine is; 128000 tokens are assumed/, /"mine": \{ family/],
  ['window-too-small', { config: narrow }, /azure\/tiny has 32000/, /100,000/],
  ['node-version', { nodeVersion: '22.18.9' }, /22\.18\.9/, /nvm/],
  [
    'proxy-loopback',
    { env: { HTTPS_PROXY: 'http://p', NO_PROXY: 'a.b' } },
    /HTTPS_PROXY/,
    /NO_PROXY=a\.b,localhost/,
  ],
]

const found = (facts: Partial<Facts>) => findAll(CATALOGUE, { ...WELL, ...facts })

describe('the catalogue', () => {
  it('finds nothing where all is well', () => {
    expect(found({})).toEqual([])
  })

  test.each(CASES)('%s is found and mended', (id, facts, finding, mend) => {
    const fault = found(facts).find((each) => each.id === id)
    expect(fault?.finding).toMatch(finding)
    expect(fault?.mend).toMatch(mend)
  })

  it('has a case for every check, and every check a name of its own', () => {
    const ids = CATALOGUE.map(({ id }) => id)
    expect(new Set(CASES.map(([id]) => id))).toEqual(new Set(ids))
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('takes settings that lift a mode of the shell for what they are', () => {
    const env = { CLAUDE_CODE_USE_FOUNDRY: '1' }
    expect(found({ env, ...settings({ CLAUDE_CODE_USE_FOUNDRY: '' }) })).toEqual([])
  })

  it('docs/troubleshooting.md is up to date: run npm run docs', () => {
    expect(readFileSync(TROUBLESHOOTING_PAGE, 'utf8')).toBe(troubleshootingPage())
  })
})
