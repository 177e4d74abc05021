import { EVERY_PROVIDER, type TestGateway } from '../support/gateway.ts'
import { install, type Installed } from './install.ts'
import { runClient, type Ran } from './run-client.ts'

/** What `npm install` gives on the current Node, and what it silently gives on Node 20. */
export const NEWEST = '2.1.329'
export const ON_NODE_20 = '2.1.197'

const PACKAGE = `@anthropic-ai/claude-code-${process.platform}-${process.arch}`

export function installClaudeCode(version: string): Promise<Installed> {
  return install(PACKAGE, version, process.platform === 'win32' ? 'claude.exe' : 'claude')
}

/** Targets behind the names that Claude Code asks for: a name, the target and the path that it calls. */
export const BACKENDS = {
  azureChat: ['Azure Chat', 'azure/gpt-4.1', '/openai/v1/chat/completions'],
  azureResponses: ['Azure Responses', 'azure/gpt-5.4', '/openai/v1/responses'],
  gemini: ['Gemini', 'gemini/gemini-3-pro', '/v1beta/models/gemini-3-pro:streamGenerateContent'],
  foundryClaude: ['Claude on Foundry', 'foundry/claude-opus-5-5', '/anthropic/v1/messages'],
} as const

/** A config in which `target` answers for Claude. */
export const configFor = (target: string) =>
  EVERY_PROVIDER.replace('"claude-*": azure/gpt-5.2', `"claude-*": ${target}`)

export type Session = {
  readonly prompt: string
  /** Where it works; a new empty folder when absent. */
  readonly cwd?: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** One headless session through the gateway. */
export function ask(claude: Installed, gateway: TestGateway, session: Session): Promise<Ran> {
  if ('missing' in claude) throw new Error(claude.missing)
  const { prompt, cwd, args = [], env } = session
  return runClient({
    command: claude.path,
    args: ['-p', prompt, '--model', 'claude-opus-5-5', '--output-format', 'json', ...args],
    env: {
      ANTHROPIC_BASE_URL: gateway.url,
      ANTHROPIC_AUTH_TOKEN: 'a-local-token',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_MAX_RETRIES: '1',
      ...env,
    },
    ...(cwd !== undefined && { cwd }),
  })
}

/** What the session said at its end. */
export function resultOf(ran: Ran): { readonly is_error: boolean; readonly result: string } {
  return JSON.parse(ran.stdout)
}
