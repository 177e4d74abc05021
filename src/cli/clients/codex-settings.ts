import type { Access } from './claude-settings.ts'

/** The name of Codex' provider block. */
export const CODEX_PROVIDER = 'dragoman'

/** A provider of Codex, as TOML lines. The key stands in the environment, or in the file itself. */
export function codexProvider(
  access: Access,
  key: { readonly in: 'environment'; readonly name: string } | { readonly in: 'file' },
): readonly string[] {
  return [
    `name = "Dragoman"`,
    `base_url = ${toml(`${access.url}/v1`)}`,
    `wire_api = "responses"`,
    key.in === 'environment'
      ? `env_key = ${toml(key.name)}`
      : `experimental_bearer_token = ${toml(access.key)}`,
    // The gateway answers 426 to them; asking costs a round trip.
    `supports_websockets = false`,
  ]
}

/** A TOML string. JSON's escapes are TOML's too. */
export function toml(text: string): string {
  return JSON.stringify(text)
}
