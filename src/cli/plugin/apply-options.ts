import { hash, randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { parseEnv } from 'node:util'
import { isMap, parseDocument } from 'yaml'
import { Failure, type Arguments } from '../command.ts'
import { readText } from '../find-options.ts'
import type { Io } from '../io.ts'
import { replaceFile } from '../private-file.ts'
import { run as setup } from '../setup.ts'
import { setVariable } from '../setup/dotenv.ts'
import type { PluginOptions } from './options.ts'

/** The variable in `.env` that holds what Claude Code presents to the gateway. */
const LOCAL_KEY = 'DRAGOMAN_KEY'
/** The variable in `.env` that holds the key of the plugin's options. */
const UPSTREAM_KEY = 'DRAGOMAN_UPSTREAM_KEY'

/** Whether the options say where the models are. */
export function sayWhere({ endpoint, provider }: PluginOptions): boolean {
  return endpoint !== undefined || (provider !== undefined && provider !== 'auto')
}

/** Tells options from others, without keeping their key. */
export function fingerprint(options: PluginOptions): string {
  return hash('sha256', JSON.stringify(options))
}

/**
 * Has the wizard write the config that the options amount to, after it tried the models; what else stands in the file
 * stays.
 *
 * @param switches of the command line: `skip-check` writes what was not tried
 * @throws Failure, with nothing written, when a model does not do what agents need
 */
export async function applyOptions(
  file: string,
  options: PluginOptions,
  io: Io,
  switches: ReadonlySet<string>,
): Promise<void> {
  const port = portOf(options)
  let said = ''
  try {
    const code = await setup(setupArguments(file, options, switches), {
      ...io,
      write: (text) => void (said += text),
      inputIsTerminal: false,
      readInput: async () => options.apiKey ?? '',
    })
    if (code !== 0) throw new Failure('The configuration was not written')
  } finally {
    // How to go on is not the wizard's to say here.
    io.write(said.replace(/^Next: .*\n/m, ''))
  }
  const edited = withServer(readText(file) ?? '', port)
  const dotenv = join(dirname(file), '.env')
  const known = readText(dotenv) ?? ''
  if (edited.wantsKey && parseEnv(known)[LOCAL_KEY] === undefined)
    replaceFile(dotenv, setVariable(known, LOCAL_KEY, randomBytes(24).toString('base64url')), 0o600)
  replaceFile(file, edited.text, 0o600)
}

function setupArguments(file: string, options: PluginOptions, switches: ReadonlySet<string>): Arguments {
  const { provider, endpoint, apiKey, apiVersion, big, middle, small } = options
  const isAzure = provider === undefined || provider === 'auto' || provider.startsWith('azure')
  const text = {
    config: file,
    provider: provider === 'auto' ? undefined : provider,
    endpoint,
    'api-version': apiVersion,
    auth: apiKey === undefined && isAzure && !isElsewhere(endpoint) ? 'entra' : undefined,
    // A name of our own: another key may be in the session's environment under a usual one, and would count.
    'api-key-env': apiKey === undefined ? undefined : UPSTREAM_KEY,
    big,
    middle,
    small,
  }
  const given = Object.entries(text).filter(([, value]) => value !== undefined)
  return {
    text: Object.fromEntries(given),
    on: new Set([
      'yes',
      ...(apiKey === undefined ? [] : ['api-key-stdin']),
      ...(switches.has('skip-check') ? ['skip-check'] : []),
    ]),
    positionals: [],
  }
}

/** Servers of one's own may want no key; Azure without one means Entra. */
function isElsewhere(endpoint = ''): boolean {
  return endpoint.includes('://') && !/\.azure(?:-api)?\.(?:com|us|cn|net)\b/i.test(endpoint)
}

function portOf({ port }: PluginOptions): number | undefined {
  if (port === undefined) return undefined
  const number = Number(port)
  if (!Number.isInteger(number) || number < 1 || number > 65_535)
    throw new Failure(`port ${port} is none: choose one from 1 to 65535`)
  return number
}

/**
 * The config with this port, and with a key of its own unless it has keys: other users of this machine are not to spend
 * this one's tokens.
 */
function withServer(
  text: string,
  port: number | undefined,
): { readonly text: string; readonly wantsKey: boolean } {
  const document = parseDocument(text)
  if (!isMap(document.contents)) return { text, wantsKey: false }
  if (port !== undefined) document.setIn(['server', 'port'], port)
  const wantsKey = !document.hasIn(['auth', 'keys'])
  if (wantsKey) document.setIn(['auth', 'keys'], document.createNode([`\${${LOCAL_KEY}}`]))
  return { text: document.toString({ lineWidth: 0 }), wantsKey }
}
