import { join } from 'node:path'
import type { Config } from '../../config/config.ts'
import { asObject, isObject, parseJson } from '../../ir/json.ts'
import { listModels } from '../../gateway/listing.ts'
import { createProvider } from '../../providers/index.ts'
import { claudeEnvironment, modelPicker, PROVIDER_MODES, type Access } from '../clients/claude-settings.ts'
import type { Io } from '../io.ts'
import type { Connection } from './connection.ts'
import type { Member } from './json-settings.ts'

/** Clients whose settings the gateway's lines can be written into. */
export const CLIENTS = ['claude', 'codex', 'opencode'] as const
export type ClientName = (typeof CLIENTS)[number]

/** Where each client keeps the user's settings. */
export function settingsFile(client: ClientName, { env, homedir }: Pick<Io, 'env' | 'homedir'>): string {
  switch (client) {
    case 'claude':
      return join(env.CLAUDE_CONFIG_DIR || join(homedir, '.claude'), 'settings.json')
    case 'codex':
      return join(env.CODEX_HOME || join(homedir, '.codex'), 'config.toml')
    case 'opencode':
      return (
        env.OPENCODE_CONFIG ||
        join(env.XDG_CONFIG_HOME || join(homedir, '.config'), 'opencode', 'opencode.json')
      )
    default:
      return client satisfies never
  }
}

/** What goes into Claude Code's settings. A picker and provider modes of the user's own are left or lifted, never mixed. */
export function claudeMembers(
  config: Config,
  access: Access,
  text: string,
  earlier: Connection | undefined,
): readonly Member[] {
  const current = asObject(parseJson(text))
  const env = asObject(current.env)
  const wrote = (key: string) => earlier !== undefined && Object.hasOwn(earlier.written, key)
  const modes = PROVIDER_MODES.filter(
    (name) => wrote(`env/${name}`) || (env[name] !== undefined && env[name] !== ''),
  )
  const picker = current.modelPicker === undefined || wrote('modelPicker') ? modelPicker(config) : undefined
  return [
    ...Object.entries({
      ...claudeEnvironment(config, access),
      ...Object.fromEntries(modes.map((name) => [name, ''])),
    }).map(([name, value]) => ({ path: ['env', name], value })),
    ...(picker === undefined ? [] : [{ path: ['modelPicker'], value: picker }]),
  ]
}

/** A provider of opencode that speaks Messages to the gateway: the protocol that carries thinking and caches. */
export function opencodeMembers(config: Config, access: Access): readonly Member[] {
  const providers = new Map(
    Object.entries(config.providers).map(([name, provider]) => [name, createProvider(provider)]),
  )
  const models = Object.fromEntries(
    listModels(config.models, providers)
      .filter(({ id }) => !id.endsWith('/*'))
      .map(({ id, displayName, contextWindow, maxOutputTokens }) => [
        id,
        {
          name: displayName,
          ...(contextWindow !== undefined &&
            maxOutputTokens !== undefined && {
              limit: { context: contextWindow, output: maxOutputTokens },
            }),
        },
      ]),
  )
  const value = {
    npm: '@ai-sdk/anthropic',
    name: 'Dragoman',
    options: { baseURL: `${access.url}/v1`, apiKey: access.key },
    models,
  }
  return [{ path: ['provider', 'dragoman'], value }]
}

/** True when a settings text can be edited member by member. */
export function isJsonObject(text: string): boolean {
  return text.trim() === '' || isObject(parseJson(text.replace(/^\uFEFF/, '')))
}
