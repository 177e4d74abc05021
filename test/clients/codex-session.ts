import { EVERY_PROVIDER, type TestGateway } from '../support/gateway.ts'
import { install, type Installed } from './install.ts'
import { runClient, type Ran } from './run-client.ts'

const VERSION = '0.169.0'

export function installCodex(): Promise<Installed> {
  return install('@openai/codex', VERSION, 'bin/codex.js')
}

/** Targets behind the names that Codex asks for: a name, the target and the path that it calls. */
export const BACKENDS = [
  ['Claude on Foundry', 'foundry/claude-sonnet-4-6', '/anthropic/v1/messages'],
  // Its dated API alone has no Responses, which Azure otherwise serves for every model.
  ['Azure Chat', 'dated/gpt-4.1', '/openai/deployments/gpt-4.1/chat/completions'],
  ['Azure Responses', 'azure/gpt-5.4', '/openai/v1/responses'],
  ['Gemini', 'gemini/gemini-3-pro', '/v1beta/models/gemini-3-pro:streamGenerateContent'],
] as const

/** A config in which `target` answers for OpenAI's models. */
export const configFor = (target: string) =>
  EVERY_PROVIDER.replace('"gpt-*": foundry/claude-sonnet-4-6', `"gpt-*": ${target}`)

export type Session = {
  readonly prompt: string
  readonly cwd: string
  /** Lines of its settings, more than those that lead it to the gateway. */
  readonly settings?: readonly string[]
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** One headless session; by the model's name Codex decides which tools it offers. */
export function ask(codex: Installed, gateway: TestGateway, session: Session): Promise<Ran> {
  if ('missing' in codex) throw new Error(codex.missing)
  const { prompt, cwd, settings = [], args = [], env } = session
  const provider = 'model_providers.dragoman'
  const all = [
    'model_provider="dragoman"',
    'model="gpt-5.5"',
    `${provider}.name="Dragoman"`,
    `${provider}.base_url="${gateway.url}/v1"`,
    `${provider}.env_key="DRAGOMAN_TOKEN"`,
    `${provider}.wire_api="responses"`,
    `${provider}.supports_websockets=false`,
    'analytics.enabled=false',
    ...settings,
  ]
  return runClient({
    command: process.execPath,
    args: [
      codex.path,
      'exec',
      '--skip-git-repo-check',
      '--dangerously-bypass-approvals-and-sandbox',
      ...all.flatMap((setting) => ['-c', setting]),
      ...args,
      prompt,
    ],
    env: { DRAGOMAN_TOKEN: 'a-local-token', ...env },
    cwd,
  })
}
