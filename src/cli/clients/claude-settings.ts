import type { Config } from '../../config/config.ts'
import { targetsOf } from '../../routing/rule.ts'
import { CLAUDE_NAMES, smallestWindow } from './names-in-use.ts'

/** Claude Code takes no smaller window. Tokens. */
const LEAST_WINDOW = 100_000

/** Where clients find the gateway. */
export type Access = {
  /** Without a slash at the end. */
  readonly url: string
  /** The first of `auth.keys`; a gateway without keys takes anything. */
  readonly key: string
}

/** What stands for a key where the gateway needs none: clients want to be logged in somewhere. */
export const NO_KEY = 'dragoman'

/** The lines of Claude Code's `env` that lead it through the gateway. */
export function claudeEnvironment(
  config: Config,
  access: Access,
  names: readonly string[] = CLAUDE_NAMES,
): Readonly<Record<string, string>> {
  const window = smallestWindow(config, names)
  return {
    ANTHROPIC_BASE_URL: access.url,
    ANTHROPIC_AUTH_TOKEN: access.key,
    // Claude Code assumes a million tokens for its newest names, and would compact too late.
    ...(window !== undefined && {
      CLAUDE_CODE_AUTO_COMPACT_WINDOW: String(Math.max(window.tokens, LEAST_WINDOW)),
    }),
    // Its first system block changes with every conversation, which ruins upstream prompt caches.
    CLAUDE_CODE_ATTRIBUTION_HEADER: '0',
    CLAUDE_CODE_GATEWAY_HINT_HEADERS: '1',
    CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1',
  }
}

/** Provider modes of Claude Code that go past `ANTHROPIC_BASE_URL`. */
export const PROVIDER_MODES = [
  'CLAUDE_CODE_USE_FOUNDRY',
  'CLAUDE_CODE_USE_BEDROCK',
  'CLAUDE_CODE_USE_VERTEX',
] as const

/**
 * Entries of the model picker for upstream models that are no Claude. `behavesAs` gives them the plainest requests: no system
 * turns among the messages, thinking by budget, a window of 200,000 tokens.
 */
export function modelPicker(config: Config): { readonly options: readonly PickerOption[] } | undefined {
  const targets = new Set(
    config.models
      .flatMap(targetsOf)
      .filter(({ model }) => model !== '*' && !/claude/i.test(model))
      .map(({ provider, model }) => `${provider}/${model}`),
  )
  if (targets.size === 0) return undefined
  return {
    options: [...targets].map((model) => ({
      model,
      label: `${model.slice(model.indexOf('/') + 1)} (${model.slice(0, model.indexOf('/'))})`,
      behavesAs: 'claude-sonnet-4-5',
    })),
  }
}

type PickerOption = { readonly model: string; readonly label: string; readonly behavesAs: string }
