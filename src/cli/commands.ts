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
const JSON_OUTPUT: Readonly<Record<string, Option>> = { json: { help: 'print JSON' } }

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'start',
    summary: 'serve in the foreground',
    usage: '[options]',
    options: {
      ...SETTINGS,
      // Accepted so that scripts may name the only value there is.
      workers: { value: 'N' },
    },
    details: `Reads dragoman.yaml (see "dragoman config path") or, without one, the environment names that other
proxies use. Edits of the file are picked up without cutting answers; a broken edit is reported and
the old configuration stays. The log goes to the error output, one JSON object a line.

Ctrl-C or SIGTERM stops accepting requests and lets answers finish; a second one ends at once.`,
    load: () => import('./start.ts'),
  },
  {
    name: 'config',
    summary: 'show, check or find the configuration, or print its schema',
    usage: 'show|check|path|schema [options]',
    options: { ...SETTINGS, ...JSON_OUTPUT },
    details: `  show     every setting with where it came from; secrets are masked
  check    says what is wrong and where, and exits with 78 when something is
  path     the file that is read
  schema   the JSON Schema of the file, for editors`,
    load: () => import('./config.ts'),
  },
  {
    name: 'models',
    summary: 'what clients may ask for and where each name goes',
    usage: '[options]',
    options: { ...CONFIG, ...JSON_OUTPUT },
    load: () => import('./models.ts'),
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
