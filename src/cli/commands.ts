import type { Command, Option } from './command.ts'

const CONFIG: Readonly<Record<string, Option>> = {
  config: { value: 'FILE', short: 'c', help: 'the config file' },
}
const SETTINGS: Readonly<Record<string, Option>> = {
  ...CONFIG,
  host: { value: 'HOST', help: 'the address to listen on' },
  port: { value: 'PORT', short: 'p', help: 'the port to listen on' },
  'log-level': { value: 'LEVEL', help: 'debug, info, warn, error or silent' },
}
const WORKERS: Readonly<Record<string, Option>> = {
  workers: { value: 'N', help: 'how many processes serve; auto: one for each core' },
}
const FORCE: Readonly<Record<string, Option>> = {
  force: { help: 'do not wait for answers under way' },
}
const JSON_OUTPUT: Readonly<Record<string, Option>> = { json: { help: 'print JSON' } }

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'start',
    summary: 'serve, in the foreground or detached',
    usage: '[options]',
    options: {
      ...SETTINGS,
      ...WORKERS,
      detach: { short: 'd', help: 'serve in the background; returns when the gateway answers' },
      ensure: { help: 'with --detach: content when it runs already' },
      // What another proxy called `--log-level debug`.
      'proxy-debug': {},
      // How a detached gateway knows who it is.
      instance: { value: 'ID' },
      'log-file': { value: 'FILE' },
      // What a gateway of several processes starts its workers with.
      worker: { value: 'N' },
    },
    details: `Reads dragoman.yaml (see "dragoman config path") or, without one, the environment names that other
proxies use. Edits of the file are picked up without cutting answers; a broken edit is reported and
the old configuration stays. The log goes to the error output, one JSON object a line.

Ctrl-C or SIGTERM stops accepting requests and lets answers finish; a second one ends at once. With several
workers SIGHUP replaces them one by one, and no connection is refused meanwhile.`,
    load: () => import('./start.ts'),
  },
  {
    name: 'stop',
    summary: 'stop the gateway; answers under way may finish',
    usage: '[options]',
    options: { ...CONFIG, ...FORCE },
    details: `Stops the gateway that runs with this config, or the only one there is. It is known by the instance that it
answers with, never by its pid alone.`,
    load: () => import('./stop.ts'),
  },
  {
    name: 'restart',
    summary: 'stop the detached gateway and start it anew',
    usage: '[options]',
    options: { ...SETTINGS, ...WORKERS, ...FORCE },
    load: () => import('./restart.ts'),
  },
  {
    name: 'status',
    summary: 'whether the gateway runs, where and since when',
    usage: '[options]',
    options: { ...CONFIG, ...JSON_OUTPUT },
    details: 'Exit code 0 when it runs, 1 when it does not.',
    load: () => import('./status.ts'),
  },
  {
    name: 'logs',
    summary: 'what the detached gateway wrote',
    usage: '[options]',
    options: {
      ...CONFIG,
      follow: { short: 'f', help: 'go on as more is written' },
      lines: { value: 'N', short: 'n', help: 'how many lines to begin with; 50 when left out' },
    },
    load: () => import('./logs.ts'),
  },
  {
    name: 'setup',
    summary: 'write the configuration, asking and checking step by step',
    usage: '[options]',
    options: {
      ...CONFIG,
      provider: {
        value: 'TYPE',
        help: 'azure-openai, azure-foundry, openai, anthropic, gemini or openai-compatible',
      },
      endpoint: {
        value: 'ADDRESS',
        help: 'the endpoint in any form, a base URL, or a known server such as ollama',
      },
      name: { value: 'NAME', help: 'what to call the provider in the config' },
      auth: { value: 'HOW', help: 'key or entra' },
      'api-key-env': { value: 'NAME', help: 'the variable that holds the key' },
      'api-key-stdin': { help: 'read the key from the input, and keep it in .env beside the config' },
      'save-key': { help: 'with --api-key-env: copy the key into .env beside the config' },
      'api-version': { value: 'DATE', help: 'a dated API version of Azure OpenAI; the v1 API when left out' },
      big: { value: 'MODEL', help: 'what opus becomes' },
      middle: { value: 'MODEL', help: 'what sonnet becomes; as opus when left out' },
      small: { value: 'MODEL', help: 'what haiku becomes; as sonnet when left out' },
      yes: { short: 'y', help: 'ask nothing: flags and defaults answer' },
      'skip-check': { help: 'write it without trying it out' },
      start: { help: 'start the gateway afterwards' },
      connect: { value: 'CLIENT', help: 'connect claude, codex or opencode afterwards' },
    },
    details: `Finds out what an address is, signs in, offers what the upstream has, tries each model with small real requests, and
shows the file before it writes it. A key is never part of the file: it stays in the environment, or goes into
.env (mode 0600) beside it. What stood in an existing file stays; a copy is kept.`,
    load: () => import('./setup.ts'),
  },
  {
    name: 'test',
    summary: 'ask every target something small, and show what works',
    usage: '[target] [options]',
    options: { ...CONFIG, ...JSON_OUTPUT },
    details: `Sends small real requests (text, stream, tool call) to each target of the config, or to the ones named: a
"provider/model", a provider, or a name that the config maps. Exit code 1 when one does not do what agents need.`,
    load: () => import('./test.ts'),
  },
  {
    name: 'doctor',
    summary: 'find what is wrong, and how to mend it',
    usage: '[options]',
    options: {
      ...CONFIG,
      ...JSON_OUTPUT,
      offline: { help: 'send nothing to upstreams' },
      list: { help: 'what is looked at' },
    },
    details: `Looks at the config, the environment, the gateway, Claude Code's settings and, with small real requests, at every
upstream. Exit code 1 when something keeps Dragoman from working.`,
    load: () => import('./doctor.ts'),
  },
  {
    name: 'config',
    summary: 'show, check, find or import the configuration, or print its schema',
    usage: 'show|check|path|schema|import [options]',
    options: {
      ...SETTINGS,
      ...JSON_OUTPUT,
      write: { help: 'import: write the file instead of printing it' },
      force: { help: 'import --write: replace a file that is there' },
    },
    details: `  show     every setting with where it came from; secrets are masked
  check    says what is wrong and where, and exits with 78 when something is
  path     the file that is read
  schema   the JSON Schema of the file, for editors
  import   the config file that the environment names of other proxies amount to`,
    load: () => import('./config.ts'),
  },
  {
    name: 'models',
    summary: 'what clients may ask for and where each name goes',
    usage: '[options]',
    options: {
      ...CONFIG,
      ...JSON_OUTPUT,
      upstream: { help: 'ask the providers what they have, instead' },
    },
    load: () => import('./models.ts'),
  },
  {
    name: 'claude',
    summary: 'Claude Code through the gateway, for one session',
    usage: '[arguments of claude]',
    options: {},
    passesOn: true,
    details: `Starts the gateway when it is down, and Claude Code with its environment set; everything after "claude" goes to
it as it is. The config is found as always; DRAGOMAN_CONFIG names another. "dragoman claude -- --help" is
Claude Code's own help.`,
    load: () => import('./claude.ts'),
  },
  {
    name: 'codex',
    summary: 'Codex through the gateway, for one session',
    usage: '[arguments of codex]',
    options: {},
    passesOn: true,
    details: `Starts the gateway when it is down, and Codex with a provider and a model catalogue of the gateway's; everything after
"codex" goes to it as it is. The config is found as always; DRAGOMAN_CONFIG names another.`,
    load: () => import('./codex.ts'),
  },
  {
    name: 'connect',
    summary: 'lead a client through the gateway from now on',
    usage: 'claude|codex|opencode [options]',
    options: { ...CONFIG, print: { help: 'show the changed settings without writing them' } },
    details: `Writes the gateway's lines into the client's own settings and keeps everything else there. What stood in their place
comes back with "dragoman disconnect".

  claude    ~/.claude/settings.json
  codex     ~/.codex/config.toml
  opencode  ~/.config/opencode/opencode.json`,
    load: () => import('./connect.ts'),
  },
  {
    name: 'disconnect',
    summary: "take the gateway's lines out of a client's settings",
    usage: 'claude|codex|opencode [options]',
    options: { ...CONFIG, print: { help: 'show the changed settings without writing them' } },
    load: () => import('./disconnect.ts'),
  },
  {
    name: 'demo',
    summary: 'see it work, without an account',
    usage: '[options]',
    options: { once: { help: 'end after showing it, instead of staying up' } },
    details: `Starts the gateway and a simulated upstream on this machine and sends real requests through.`,
    load: () => import('./demo.ts'),
  },
  {
    name: 'plugin',
    summary: "what the Claude Code plugin's commands call",
    usage: 'setup|on|off|start|stop|restart|status|test|config|help',
    options: { 'skip-check': { help: 'setup: connect even when a model does not work' } },
    hidden: true,
    load: () => import('./plugin.ts'),
  },
  {
    name: 'hook',
    summary: "what the Claude Code plugin's hooks call",
    usage: 'session-start|prompt-submit',
    options: {},
    hidden: true,
    load: () => import('./hook.ts'),
  },
  {
    name: 'help',
    summary: 'this help, or that of a command',
    usage: '[command]',
    options: {},
    load: () => import('./help.ts'),
  },
  {
    name: 'version',
    summary: 'the version',
    usage: '',
    options: {},
    load: () => import('./version.ts'),
  },
]
