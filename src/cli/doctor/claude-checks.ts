import { asString } from '../../ir/json.ts'
import { PROVIDER_MODES } from '../clients/claude-settings.ts'
import { CLAUDE_NAMES, smallestWindow } from '../clients/names-in-use.ts'
import type { Check, Facts } from './check.ts'

/** What Claude Code assumes of its newest names. Tokens. */
const CLAUDE_ASSUMES = 1_000_000
/** It takes no smaller window. Tokens. */
const LEAST_WINDOW = 100_000

const setting = (facts: Facts, name: string) => asString(facts.claude.env[name]) || undefined
/** Settings beat the shell. */
const effective = (facts: Facts, name: string) => setting(facts, name) ?? (facts.env[name] || undefined)
const isOn = (value: string | undefined) => value !== undefined && !/^(?:0|false|no|off)?$/i.test(value)

/** Whether Claude Code's settings lead to a gateway on this machine. */
function connected(facts: Facts): string | undefined {
  const url = setting(facts, 'ANTHROPIC_BASE_URL')
  return url !== undefined && facts.claude.answering !== undefined ? url : undefined
}

/** What may be wrong with Claude Code's side. */
export const CLAUDE_CHECKS: readonly Check[] = [
  {
    id: 'claude-settings-unreadable',
    area: 'claude',
    title: "Claude Code's settings cannot be read",
    level: 'error',
    looksAt: '`~/.claude/settings.json` (or `$CLAUDE_CONFIG_DIR`).',
    means: 'Claude Code ignores a settings file that is not JSON, and `dragoman connect` leaves it alone.',
    mend: 'Correct the file; copies from before each change are in the state folder under `backups`.',
    find: ({ claude }) =>
      claude.problem === undefined
        ? []
        : [{ finding: `${claude.file}: ${claude.problem}`, mend: `Correct ${claude.file}` }],
  },
  {
    id: 'gateway-down',
    area: 'claude',
    title: 'Claude Code is led to a gateway that is down',
    level: 'error',
    looksAt: 'Whether something answers at `ANTHROPIC_BASE_URL` of its settings.',
    means: 'Every session fails with "Connection refused" after three minutes of attempts.',
    mend: '`dragoman start --detach`, or `dragoman disconnect claude`.',
    find: (facts) => {
      const url = connected(facts)
      return url !== undefined && facts.claude.answering?.kind === 'nobody'
        ? [
            {
              finding: `${facts.claude.file} leads to ${url}, where nobody answers`,
              mend: 'dragoman start --detach; or, to leave the gateway out: dragoman disconnect claude',
            },
          ]
        : []
    },
  },
  {
    id: 'claude-elsewhere',
    area: 'claude',
    title: 'Claude Code is led somewhere else',
    level: 'warning',
    looksAt: '`ANTHROPIC_BASE_URL` of its settings, and where this gateway is.',
    means:
      'The port or the config was changed after `dragoman connect claude`, or another proxy wrote its own line.',
    mend: '`dragoman connect claude`',
    find: (facts) => {
      const url = setting(facts, 'ANTHROPIC_BASE_URL')
      const ours = facts.gatewayUrl
      if (url === undefined || ours === undefined || facts.claude.answering?.kind === 'nobody') return []
      return samePlace(url, ours)
        ? []
        : [
            {
              finding: `its settings lead to ${url}, this gateway is ${ours}`,
              mend: 'dragoman connect claude',
            },
          ]
    },
  },
  {
    id: 'provider-mode',
    area: 'claude',
    title: 'Claude Code talks to a cloud directly',
    level: 'error',
    looksAt:
      '`CLAUDE_CODE_USE_FOUNDRY`, `CLAUDE_CODE_USE_BEDROCK` and `CLAUDE_CODE_USE_VERTEX`, in the shell and in its settings.',
    means: 'In these modes it ignores `ANTHROPIC_BASE_URL`, and the gateway sees nothing.',
    mend: '`unset` the variable, also in the shell profile; `dragoman claude` leaves it out by itself.',
    find: (facts) =>
      PROVIDER_MODES.filter(
        (name) => isOn(setting(facts, name) ?? facts.env[name]) && !isLifted(facts, name),
      ).map((name) => ({
        finding: `${name} is set ${setting(facts, name) === undefined ? 'in the shell' : `in ${facts.claude.file}`}: requests go past the gateway`,
        mend: setting(facts, name) === undefined ? `unset ${name}` : 'dragoman connect claude',
      })),
  },
  {
    id: 'shell-base-url',
    area: 'claude',
    title: "The shell's ANTHROPIC_BASE_URL does not count",
    level: 'warning',
    looksAt: '`ANTHROPIC_BASE_URL` in the shell and in the settings.',
    means: "Claude Code's settings beat the environment: what was exported is ignored.",
    mend: '`unset ANTHROPIC_BASE_URL`, or change the settings: `dragoman connect claude`.',
    find: (facts) => {
      const shell = facts.env.ANTHROPIC_BASE_URL
      const url = setting(facts, 'ANTHROPIC_BASE_URL')
      return shell && url !== undefined && !samePlace(shell, url)
        ? [
            {
              finding: `the shell says ${shell}, but ${facts.claude.file} says ${url}, and that counts`,
              mend: 'unset ANTHROPIC_BASE_URL',
            },
          ]
        : []
    },
  },
  {
    id: 'login-pending',
    area: 'claude',
    title: 'Claude Code wants a login',
    level: 'error',
    looksAt: '`hasCompletedOnboarding` in `~/.claude.json`, and whether a credential is set.',
    means:
      'A base URL alone is no login: without `ANTHROPIC_AUTH_TOKEN` a new user is asked to log in at Anthropic.',
    mend: '`dragoman connect claude` writes both; `dragoman claude` sets both for one session.',
    find: (facts) =>
      effective(facts, 'ANTHROPIC_BASE_URL') !== undefined &&
      facts.claude.onboarded !== true &&
      effective(facts, 'ANTHROPIC_AUTH_TOKEN') === undefined &&
      effective(facts, 'ANTHROPIC_API_KEY') === undefined
        ? [
            {
              finding: 'ANTHROPIC_BASE_URL is set, but no credential, and nobody has logged in here',
              mend: 'dragoman connect claude',
            },
          ]
        : [],
  },
  {
    id: 'two-credentials',
    area: 'claude',
    title: 'Claude Code has two credentials',
    level: 'warning',
    looksAt: '`ANTHROPIC_API_KEY` beside `ANTHROPIC_AUTH_TOKEN`.',
    means: 'It sends both, asks which is meant, and reports a conflict.',
    mend: '`unset ANTHROPIC_API_KEY`; `dragoman claude` leaves it out by itself.',
    find: (facts) =>
      effective(facts, 'ANTHROPIC_AUTH_TOKEN') !== undefined &&
      effective(facts, 'ANTHROPIC_API_KEY') !== undefined
        ? [
            {
              finding: 'ANTHROPIC_API_KEY and ANTHROPIC_AUTH_TOKEN are both set',
              mend: 'unset ANTHROPIC_API_KEY',
            },
          ]
        : [],
  },
  {
    id: 'wrong-client-key',
    area: 'claude',
    title: "Claude Code's key is not the gateway's",
    level: 'error',
    looksAt: '`ANTHROPIC_AUTH_TOKEN` of its settings, and `auth.keys`.',
    means: 'The gateway answers every request with 401.',
    mend: '`dragoman connect claude` writes the first of `auth.keys`.',
    find: (facts) => {
      const keys = facts.config?.auth.keys ?? []
      const url = connected(facts)
      const token = setting(facts, 'ANTHROPIC_AUTH_TOKEN') ?? setting(facts, 'ANTHROPIC_API_KEY')
      if (url === undefined || keys.length === 0 || !samePlace(url, facts.gatewayUrl ?? '')) return []
      return keys.some(({ key }) => key === token)
        ? []
        : [{ finding: 'its token is none of auth.keys', mend: 'dragoman connect claude' }]
    },
  },
  {
    id: 'context-window',
    area: 'claude',
    title: 'Claude Code takes the context window for larger than it is',
    level: 'error',
    looksAt:
      '`CLAUDE_CODE_AUTO_COMPACT_WINDOW`, and the smallest window behind opus, sonnet, haiku and fable.',
    means:
      'Claude Code assumes a million tokens for its newest names and compacts by that: long sessions overflow the model behind the gateway.',
    mend: '`dragoman connect claude` sets the variable; `dragoman claude` does for one session.',
    find: (facts) => {
      const { config } = facts
      const window = config === undefined ? undefined : smallestWindow(config, CLAUDE_NAMES)
      if (window === undefined || connected(facts) === undefined) return []
      const told = Number(effective(facts, 'CLAUDE_CODE_AUTO_COMPACT_WINDOW') ?? CLAUDE_ASSUMES)
      return told <= Math.max(window.tokens, LEAST_WINDOW)
        ? []
        : [
            {
              finding: `it reckons with ${told} tokens, ${window.target} has ${window.tokens}${window.assumed ? ' (assumed)' : ''}`,
              mend: 'dragoman connect claude',
            },
          ]
    },
  },
  {
    id: 'window-unknown',
    area: 'claude',
    title: 'The context window of a model is unknown',
    level: 'warning',
    looksAt: 'The targets behind opus, sonnet, haiku and fable.',
    means:
      'A deployment whose name says nothing about its model is taken to have 128,000 tokens: Claude Code compacts earlier than it need.',
    mend: '`providers.X.models.NAME: { family: gpt-5.2 }`, or `{ contextWindow: 400000 }`.',
    find: ({ config }) => {
      const window = config === undefined ? undefined : smallestWindow(config, CLAUDE_NAMES)
      if (window === undefined || !window.assumed) return []
      const [provider = '', ...model] = window.target.split('/')
      return [
        {
          finding: `nobody told how large the window of ${window.target} is; ${window.tokens} tokens are assumed`,
          mend: `Under providers.${provider} write: models: { "${model.join('/')}": { family: <model> } }`,
        },
      ]
    },
  },
  {
    id: 'window-too-small',
    area: 'claude',
    title: 'The context window is too small for Claude Code',
    level: 'warning',
    looksAt: 'The targets behind opus, sonnet, haiku and fable.',
    means: 'Claude Code takes no window below 100,000 tokens, and its first request alone has some 20,000.',
    mend: 'Name a model with a larger window; on local servers, raise the context length.',
    find: ({ config }) => {
      const window = config === undefined ? undefined : smallestWindow(config, CLAUDE_NAMES)
      return window === undefined || window.assumed || window.tokens >= LEAST_WINDOW
        ? []
        : [
            {
              finding: `${window.target} has ${window.tokens} tokens`,
              mend: 'Name a model with at least 100,000 tokens in models',
            },
          ]
    },
  },
]

/** An empty line in the settings lifts a mode of the shell. */
function isLifted(facts: Facts, name: string): boolean {
  return facts.claude.env[name] === ''
}

function samePlace(one: string, other: string): boolean {
  return placeOf(one) === placeOf(other)
}

function placeOf(text: string): string {
  const url = URL.parse(text)
  if (url === null) return text
  const host = /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname) ? 'loopback' : url.hostname
  return `${url.protocol}//${host}:${url.port}${url.pathname.replace(/\/(?:v1\/?)?$/, '')}`
}
