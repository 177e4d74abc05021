import { hash, randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { parseEnv } from 'node:util'
import { stringify } from 'yaml'
import { Failure } from '../command.ts'
import { readText } from '../find-options.ts'
import { replaceFile } from '../private-file.ts'
import { parseEndpoint } from '../../providers/endpoint.ts'
import type { PluginOptions } from './options.ts'

/** Says that nobody has edited the file since it was written. */
const MARK = '# Written by the Dragoman plugin from its options; it keeps your edits when you make some. '

/** The name in `.env` of the key that the options hold. */
const KEY_NAME = 'DRAGOMAN_UPSTREAM_KEY'

export type Written = 'written' | 'unchanged' | 'kept'

/**
 * Writes the config file that the plugin's options amount to, and the secrets beside it (`.env`, mode 0600). A file that is
 * the user's own, or that he has edited, is kept.
 *
 * @throws Failure that says which option is missing
 */
export function writeConfig(file: string, options: PluginOptions): Written {
  const before = readText(file)
  if (before !== undefined && !isOurs(before)) return 'kept'
  const text = configText(options)
  writeSecrets(join(dirname(file), '.env'), options.apiKey)
  if (text === before) return 'unchanged'
  replaceFile(file, text, 0o600)
  return 'written'
}

/** The config as YAML. */
export function configText(options: PluginOptions): string {
  const providers: Record<string, unknown> = {}
  const target = (model: string): string => {
    const { name, settings } = providerFor(options, model)
    providers[name] = settings
    return `${name}/${model}`
  }
  const { big, middle, small } = deployments(options)
  const models = {
    '*opus*': target(big),
    '*sonnet*': target(middle),
    '*haiku*': target(small),
    '*': target(big),
  }
  const tree = {
    server: { host: '127.0.0.1', port: portOf(options) },
    auth: { keys: ['${DRAGOMAN_KEY}'] },
    providers,
    models,
  }
  const body = stringify(tree, { lineWidth: 0 })
  return `${MARK}${digest(body)}\n${body}`
}

function isOurs(text: string): boolean {
  const [first = '', ...rest] = text.split('\n')
  return first === `${MARK}${digest(rest.join('\n'))}`
}

function digest(text: string): string {
  return hash('sha256', text).slice(0, 12)
}

function deployments(options: PluginOptions): { big: string; middle: string; small: string } {
  const big = options.big ?? options.middle ?? deploymentIn(options)
  if (big === undefined)
    throw new Failure('Which model is to answer? Set big_deployment: the name of a deployment, or of a model')
  const middle = options.middle ?? big
  return { big, middle, small: options.small ?? middle }
}

function deploymentIn({ endpoint = '' }: PluginOptions): string | undefined {
  return /\/deployments\/[^/?]+/.test(endpoint)
    ? parseEndpoint(endpoint, { service: 'azure-openai', field: 'endpoint' }).deployment
    : undefined
}

function portOf({ port }: PluginOptions): number {
  const number = Number(port ?? 8082)
  if (!Number.isInteger(number) || number < 1 || number > 65_535)
    throw new Failure(`port ${port} is none: choose one from 1 to 65535`)
  return number
}

type Named = { readonly name: string; readonly settings: Readonly<Record<string, unknown>> }

function providerFor(options: PluginOptions, model: string): Named {
  const { endpoint, apiKey, apiVersion } = options
  const type = providerType(options)
  const key = apiKey === undefined ? {} : { apiKey: `\${${KEY_NAME}}` }
  switch (type) {
    case 'azure-openai':
    case 'azure-foundry': {
      const azure = {
        endpoint,
        ...(apiKey === undefined ? { auth: 'entra' } : key),
        ...(apiVersion !== undefined && { apiVersion }),
      }
      // One resource serves both, under different paths.
      if (type === 'azure-foundry' || /claude/i.test(model))
        return { name: 'foundry', settings: { type: 'azure-foundry', ...azure } }
      return { name: 'azure', settings: { type, ...azure } }
    }
    case 'openai':
    case 'anthropic':
    case 'gemini':
      return {
        name: type,
        settings: { type, ...(isVendors(endpoint) ? {} : { baseUrl: endpoint }), ...key },
      }
    default:
      return { name: 'upstream', settings: { type: 'openai-compatible', baseUrl: endpoint, ...key } }
  }
}

const VENDORS: readonly (readonly [string, RegExp])[] = [
  ['openai', /^(?:https:\/\/)?api\.openai\.com\b/i],
  ['anthropic', /^(?:https:\/\/)?api\.anthropic\.com\b/i],
  ['gemini', /^(?:https:\/\/)?generativelanguage\.googleapis\.com\b/i],
]

function isVendors(endpoint: string | undefined): boolean {
  return endpoint === undefined || VENDORS.some(([, pattern]) => pattern.test(endpoint))
}

/** What an endpoint is, by the option that says so or by its looks. */
function providerType({ provider = 'auto', endpoint }: PluginOptions): string {
  if (provider !== 'auto') {
    if (/^azure|compatible/.test(provider) && endpoint === undefined)
      throw new Failure(`Where is it? Set endpoint: what the portal shows for the resource`)
    return provider
  }
  if (endpoint === undefined)
    throw new Failure('Set endpoint: a resource of Azure, https://api.openai.com, or another URL')
  const vendor = VENDORS.find(([, pattern]) => pattern.test(endpoint))
  if (vendor !== undefined) return vendor[0]
  const bareName = !/[.:]/.test(endpoint)
  return bareName || /\.azure(?:-api)?\.(?:com|us|cn|net)\b|microsoft\.cognitiveservices/i.test(endpoint)
    ? 'azure-openai'
    : 'openai-compatible'
}

/** Sets our names in an `.env`, where every other line stays; the local token is made once. */
function writeSecrets(file: string, apiKey: string | undefined): void {
  const before = readText(file) ?? ''
  const known = parseEnv(before)
  const token = known.DRAGOMAN_KEY ?? randomBytes(24).toString('base64url')
  const wanted = { DRAGOMAN_KEY: token, ...(apiKey !== undefined && { [KEY_NAME]: apiKey }) }
  const lines = Object.entries(wanted).filter(([name, value]) => known[name] !== value)
  if (lines.length === 0) return
  const kept = before
    .split('\n')
    .filter((line) => !lines.some(([name]) => line.startsWith(`${name}=`)))
    .join('\n')
    .replace(/\n*$/, (end) => (end === '' && before !== '' ? '\n' : end.slice(0, 1)))
  replaceFile(file, `${kept}${lines.map(([name, value]) => `${name}=${quoted(value)}\n`).join('')}`, 0o600)
}

function quoted(value: string): string {
  return /^[\w.-]+$/.test(value) ? value : `'${value}'`
}
