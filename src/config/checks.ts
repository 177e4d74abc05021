import { asArray, asObject, asString, isObject, type JsonObject } from '../ir/json.ts'
import type { Issues, Path } from './issues.ts'
import { nearest, suggest } from './nearest.ts'
import { keyFault } from './secrets.ts'
import { splitTarget } from './targets.ts'
import { isLoopback, urlFault } from './urls.ts'

/**
 * What no schema can say: how settings depend on each other. Reads the tree tolerantly, so that it complains
 * in the same breath as the schema.
 */
export function check(tree: JsonObject, issues: Issues): void {
  for (const [name, provider] of Object.entries(asObject(tree.providers)))
    checkProvider(asObject(provider), ['providers', name], issues)
  checkModels(tree, issues)
  checkServer(tree, issues)
  const secret = asString(tree.secret)
  if (secret !== undefined && secret !== '') checkKey(secret, ['secret'], issues)
}

const OBLIGATORY: Readonly<Record<string, readonly string[]>> = {
  'azure-openai': ['endpoint', 'baseUrl'],
  'azure-foundry': ['resource', 'endpoint', 'baseUrl'],
  'openai-compatible': ['baseUrl', 'preset'],
}

function checkProvider(provider: JsonObject, path: Path, issues: Issues): void {
  const fields = OBLIGATORY[asString(provider.type) ?? ''] ?? []
  // A mistyped one is reported as such.
  const given = Object.keys(provider).some((key) => nearest(key, fields) !== undefined)
  if (fields.length > 0 && !given) {
    const names = fields.map((field) => `\`${field}\``).join(' or ')
    issues.add(path, `does not say where it is: ${names} is missing`, `Add ${names}`)
  }

  const baseUrl = asString(provider.baseUrl)
  if (baseUrl !== undefined) checkUrl(baseUrl, [...path, 'baseUrl'], issues)
  // These may also be a bare name or host, which the provider completes to https.
  for (const field of ['endpoint', 'resource']) {
    const value = asString(provider[field])
    if (value?.includes('://')) checkUrl(value, [...path, field], issues)
  }

  const key = asString(provider.apiKey)
  if (key !== undefined && key !== '' && key !== 'client') checkKey(key, [...path, 'apiKey'], issues)
  if (provider.auth === 'entra' && key !== undefined && key !== '')
    issues.add([...path, 'apiKey'], '`auth: entra` takes no key', 'Remove `apiKey`, or write `auth: key`')
}

function checkUrl(url: string, path: Path, issues: Issues): void {
  const fault = urlFault(url.trim())
  if (fault !== undefined) issues.add(path, fault.problem, fault.fix)
}

function checkKey(key: string, path: Path, issues: Issues): void {
  const fault = keyFault(key.trim())
  if (fault !== undefined)
    issues.add(path, fault, 'Put the real key here, best as ${NAME} from the environment')
}

function checkServer(tree: JsonObject, issues: Issues): void {
  const server = asObject(tree.server)
  const keys = asArray(asObject(tree.auth).keys)
  const seen = new Set<string>()
  for (const [index, entry] of keys.entries()) {
    const key = asString(entry) ?? asString(asObject(entry).key)
    if (key === undefined) continue
    const path = ['auth', 'keys', index, ...(isObject(entry) ? ['key'] : [])]
    if (key.trim() === '') issues.add(path, 'must not be empty', 'Write the key, or remove the line')
    else checkKey(key, path, issues)
    if (seen.has(key)) issues.add(path, 'is the same key as one before it', 'Give every client its own key')
    seen.add(key)
  }

  const host = asString(server.host)
  if (host !== undefined && !isLoopback(host) && keys.length === 0) {
    issues.add(
      ['server', 'host'],
      'listens to other machines, but no client needs a key',
      'Set DRAGOMAN_KEY or `auth.keys`, or listen on 127.0.0.1',
    )
  }
  for (const [index, origin] of asArray(server.cors).entries())
    checkOrigin(origin, index, keys.length, issues)
}

function checkOrigin(origin: unknown, index: number, keys: number, issues: Issues): void {
  const path = ['server', 'cors', index]
  if (origin === '*') {
    if (keys === 0)
      issues.add(path, '`*` lets every web page use the gateway', 'Set `auth.keys`, or name the origins')
  } else if (typeof origin === 'string' && URL.parse(origin)?.origin !== origin) {
    issues.add(path, 'is not a browser origin', 'Write scheme, host and port only: https://chat.example.com')
  }
}

function checkModels(tree: JsonObject, issues: Issues): void {
  const providers = Object.keys(asObject(tree.providers))
  const checkTarget = (entry: unknown, path: Path) => {
    if (isObject(entry)) return checkTarget(entry.target, [...path, 'target'])
    if (typeof entry !== 'string') return
    const target = splitTarget(entry)
    if (target === undefined) {
      issues.add(
        path,
        `\`${entry}\` is not \`provider/model\``,
        `Providers here: ${providers.join(', ') || 'none'}`,
      )
    } else if (!providers.includes(target.provider)) {
      issues.add(path, `there is no provider \`${target.provider}\``, suggest(target.provider, providers))
    }
  }

  const checkStep = (step: unknown, path: Path) => {
    if (!isObject(step) || step.balance === undefined) return checkTarget(step, path)
    const shared = asArray(step.balance)
    for (const [index, entry] of shared.entries()) checkTarget(entry, [...path, 'balance', index])
    const weights = asArray(step.weights)
    if (step.weights !== undefined && weights.length !== shared.length) {
      const problem = `${weights.length} weights for ${shared.length} targets`
      issues.add([...path, 'weights'], problem, 'Write one weight for each target')
    }
  }

  for (const [pattern, rule] of Object.entries(asObject(tree.models))) {
    const path = ['models', pattern]
    if (!Array.isArray(rule)) checkStep(rule, path)
    else for (const [index, step] of rule.entries()) checkStep(step, [...path, index])
  }
}
