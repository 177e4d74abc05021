import type { Path } from './issues.ts'
import { ANTHROPIC, AZURE, FOUNDRY, GEMINI, OPENAI_COMPATIBLE, type EnvName } from './env-providers.ts'

export * from './env-providers.ts'

/** A name whose value goes to one place of the config. */
export type EnvSetting = EnvName & {
  readonly path: Path
  /** The value as the config has it; as it is when absent. Undefined: says nothing. */
  readonly read?: (value: string) => unknown
}

/** Dragoman's own names: they override the file too. */
export const OWN_SETTINGS: readonly EnvSetting[] = [
  { names: ['DRAGOMAN_HOST'], path: ['server', 'host'], means: 'The address to listen on.' },
  { names: ['DRAGOMAN_PORT'], path: ['server', 'port'], means: 'The port to listen on.' },
  { names: ['DRAGOMAN_WORKERS'], path: ['server', 'workers'], means: 'Processes that serve, or `auto`.' },
  { names: ['DRAGOMAN_LOG_LEVEL'], path: ['log', 'level'], means: 'The least important log lines to write.' },
  { names: ['DRAGOMAN_STATE_DIR'], path: ['stateDir'], means: 'Where pid, log, secret and ledger live.' },
  { names: ['DRAGOMAN_SECRET'], path: ['secret'], means: 'Seals reasoning on its way through clients.' },
]

/** All of Dragoman's own names; those that are no settings are read elsewhere. */
export const OWN_NAMES: readonly EnvName[] = [
  ...OWN_SETTINGS,
  { names: ['DRAGOMAN_KEY'], means: "The clients' key; replaces `auth.keys` unless it is among them." },
  { names: ['DRAGOMAN_CONFIG'], means: 'The config file.' },
  {
    names: ['DRAGOMAN_FAST_PATHS'],
    means: '`off` leaves every optimisation out, for telling whether a fault lies in one.',
  },
]

/** Names that every program in such a network reads; with a file and without. Lower case comes first. */
export const NETWORK_NAMES: readonly EnvName[] = [
  {
    names: ['https_proxy', 'HTTPS_PROXY'],
    means: 'The proxy to `https:` upstreams and for signing in to Entra ID, unless `proxy` says otherwise.',
  },
  { names: ['http_proxy', 'HTTP_PROXY'], means: 'The proxy to `http:` upstreams.' },
  {
    names: ['no_proxy', 'NO_PROXY'],
    means:
      'What is reached directly, with commas between: `example.com` and `.example.com` (the host and all below it), `*.example.com` (all below it), `10.*`, `10.0.0.0/8`, `[::1]`, each with or without `:port`; `*` for everything.',
  },
  {
    names: ['NODE_EXTRA_CA_CERTS'],
    means:
      'A file of certificates (PEM) to trust, read by Node itself as it starts; `tls.ca` does the same in the file.',
  },
]

const LEVELS: Readonly<Record<string, string>> = {
  trace: 'debug',
  warning: 'warn',
  critical: 'error',
  fatal: 'error',
}

const logLevel = (value: string) => LEVELS[value.toLowerCase()] ?? value.toLowerCase()
/** `DEBUG` belongs to many programs; only what cannot be a pattern of theirs counts. */
const debugLevel = (value: string) => (/^(?:1|true|yes|on)$/i.test(value) ? 'debug' : undefined)
const seconds = (value: string) => (/^\d+(?:\.\d+)?$/.test(value) ? `${value}s` : value)

/** Settings of the gateway as a whole. Where two set the same place, the earlier counts. */
export const GENERAL_SETTINGS: readonly EnvSetting[] = [
  { names: ['HOST'], path: ['server', 'host'], means: 'The address to listen on.' },
  { names: ['PORT'], path: ['server', 'port'], means: 'The port to listen on.' },
  {
    names: ['AZURE_OPENAI_PROXY_ADDRESS'],
    path: ['server', 'host'],
    read: (value) => /^(?:\[(.+)\]|([^:]+)):\d*$/.exec(value)?.slice(1).find(Boolean),
    means: 'The address and port to listen on, such as `127.0.0.1:11437`.',
  },
  {
    names: ['AZURE_OPENAI_PROXY_ADDRESS'],
    path: ['server', 'port'],
    read: (value) => /:(\d+)$/.exec(value)?.[1],
    means: 'The address and port to listen on, such as `127.0.0.1:11437`.',
  },
  { names: ['LOG_LEVEL'], path: ['log', 'level'], read: logLevel, means: 'The least important log lines.' },
  {
    names: ['PROXY_DEBUG', 'DEBUG'],
    path: ['log', 'level'],
    read: debugLevel,
    means: '`1` or `true` writes debug lines.',
  },
  {
    names: ['REQUEST_TIMEOUT'],
    path: ['timeouts', 'firstByte'],
    read: seconds,
    means: 'Seconds to wait for an answer to begin, and to go on.',
  },
  {
    names: ['REQUEST_TIMEOUT'],
    path: ['timeouts', 'idle'],
    read: seconds,
    means: 'Seconds to wait for an answer to begin, and to go on.',
  },
  { names: ['MAX_RETRIES'], path: ['retries'], means: 'Attempts after a failed one.' },
]

/** Names that decide where model names go. */
export const MODEL_NAMES = {
  mapper: {
    names: ['AZURE_OPENAI_MODEL_MAPPER'],
    means: '`name=deployment,name=deployment`: where these names go on Azure OpenAI.',
  },
  claude: { names: ['CLAUDE_MODEL'], means: 'The deployment on Foundry that every name goes to.' },
  big: { names: ['BIG_MODEL'], means: 'What opus, and unknown Claude names, become.' },
  middle: { names: ['MIDDLE_MODEL'], means: 'What sonnet becomes; `BIG_MODEL` when unset.' },
  small: { names: ['SMALL_MODEL'], means: 'What haiku becomes.' },
  preferred: {
    names: ['PREFERRED_PROVIDER'],
    means: '`openai`, `google`, `azure` or `anthropic`: tried first; the others follow in this order.',
  },
  maxOutputTokens: { names: ['MAX_TOKENS_LIMIT'], means: 'Upper bound for the output, in tokens.' },
  minOutputTokens: { names: ['MIN_TOKENS_LIMIT'], means: 'Lower bound for the output, in tokens.' },
  serverless: {
    names: ['AZURE_AI_STUDIO_DEPLOYMENTS'],
    means:
      '`name=Deployment:region,…`: serverless deployments at `https://Deployment.region.models.ai.azure.com`, by the name to ask for.',
  },
} as const satisfies Readonly<Record<string, EnvName>>

/** `openai` leads every name to OpenAI; Azure's names are then not read. */
export const PROXY_MODE: EnvName = {
  names: ['AZURE_OPENAI_PROXY_MODE'],
  means:
    '`openai` sends everything to OpenAI instead of Azure, paths that Dragoman does not know included, with the client’s own key unless `OPENAI_API_KEY` is set.',
}
export const OPENAI_ENDPOINT: EnvName = {
  names: ['OPENAI_API_ENDPOINT'],
  means: 'Where OpenAI is in that mode; `https://api.openai.com` when unset.',
}

/** The key of a serverless deployment: this, and its name in capitals. */
export const SERVERLESS_KEY_PREFIX = 'AZURE_OPENAI_KEY_'

/** What the plugin's hook and `start --ensure` ask before they start anything. */
export const AUTO_START: EnvName = {
  names: ['AZURE_OPENAI_AUTO_START'],
  means: '`false`: Claude Code’s plugin and `start --ensure` do not start the gateway by themselves.',
}

/** `CUSTOM_HEADER_X_TEAM=a` sends `X-TEAM: a` upstream. */
export const HEADER_PREFIX = 'CUSTOM_HEADER_'

/** Everything that configures the gateway when there is no file, for the documentation and for messages. */
export const COMPATIBILITY_NAMES: readonly EnvName[] = unique([
  ...[AZURE, FOUNDRY, OPENAI_COMPATIBLE, ANTHROPIC, GEMINI].flatMap(({ address, key, fields }) => [
    ...address,
    key,
    ...fields,
  ]),
  ...Object.values(MODEL_NAMES),
  {
    names: [`${SERVERLESS_KEY_PREFIX}*`],
    means:
      'The key of a serverless deployment, by its name in capitals; without one, the client’s own key is forwarded.',
  },
  PROXY_MODE,
  OPENAI_ENDPOINT,
  AUTO_START,
  { names: [`${HEADER_PREFIX}*`], means: '`CUSTOM_HEADER_X_TEAM=a` sends the header `X-TEAM: a` upstream.' },
  ...GENERAL_SETTINGS,
])

function unique(names: readonly EnvName[]): readonly EnvName[] {
  const seen = new Set<string>()
  return names.filter(({ names: [first] }) => {
    if (first === undefined || seen.has(first)) return false
    seen.add(first)
    return true
  })
}
