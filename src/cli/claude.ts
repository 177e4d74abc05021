import { join } from 'node:path'
import type { Environment } from '../config/paths.ts'
import { asObject, isObject, parseJson, type JsonObject } from '../ir/json.ts'
import { claudeEnvironment, modelPicker, PROVIDER_MODES } from './clients/claude-settings.ts'
import { ensureGateway, type Serving } from './clients/gateway-for.ts'
import { CLAUDE_NAMES } from './clients/names-in-use.ts'
import { runClient } from './clients/run-client.ts'
import { Failure, type Arguments } from './command.ts'
import { readText } from './find-options.ts'
import type { Io } from './io.ts'
import { replaceFile } from './private-file.ts'

/** `dragoman claude [args]`: Claude Code through the gateway, for one session. */
export async function run(args: Arguments, io: Io): Promise<number> {
  const serving = await ensureGateway({ ...args, positionals: [] }, io)
  const { own, rest } = takeSettings(args.positionals, io)
  const env = claudeEnvironment(serving.config, serving.access, namesIn(args.positionals, io.env))
  const settings = sessionSettings(serving, env, own)
  // A file rather than an argument: everybody may read the command lines of others, and this one would hold a key.
  const file = join(serving.stateDir, 'claude-session.json')
  replaceFile(file, `${JSON.stringify(settings, null, 2)}\n`, 0o600)
  return await runClient({
    command: 'claude',
    args: ['--settings', file, ...rest],
    env: { ...withoutRivals(io.env), ...env },
    cwd: io.cwd,
    install: 'Install it: npm install -g @anthropic-ai/claude-code',
  })
}

/** The user's settings beat the environment; those of `--settings` beat the user's. */
function sessionSettings(
  { config }: Serving,
  env: Readonly<Record<string, string>>,
  own: JsonObject,
): JsonObject {
  const picker = modelPicker(config)
  const modes = Object.fromEntries(PROVIDER_MODES.map((name) => [name, '']))
  return {
    ...(picker !== undefined && { modelPicker: picker }),
    ...own,
    env: { ...asObject(own.env), ...modes, ...env },
  }
}

/** `--settings` of the user, which Claude Code takes once: a file or JSON. */
function takeSettings(args: readonly string[], io: Io): { own: JsonObject; rest: readonly string[] } {
  const at = args.findIndex((arg) => arg === '--settings' || arg.startsWith('--settings='))
  const stop = args.indexOf('--')
  if (at < 0 || (stop >= 0 && stop < at)) return { own: {}, rest: args }
  const joined = args[at]?.startsWith('--settings=') === true
  const value = joined ? (args[at] ?? '').slice('--settings='.length) : (args[at + 1] ?? '')
  const text = value.trimStart().startsWith('{') ? value : (readText(join(io.cwd, value)) ?? readText(value))
  const own = parseJson(text ?? '')
  if (!isObject(own)) throw new Failure(`--settings ${value} is neither a JSON file nor JSON`)
  return { own, rest: [...args.slice(0, at), ...args.slice(at + (joined ? 1 : 2))] }
}

/** The names that this session may ask for. */
function namesIn(args: readonly string[], env: Environment): readonly string[] {
  const at = args.findIndex((arg) => arg === '--model' || arg.startsWith('--model='))
  const flag = at < 0 ? undefined : (args[at]?.split('=')[1] ?? args[at + 1])
  const wanted = flag ?? env.ANTHROPIC_MODEL
  // An alias such as `opus` stands for one of the usual names.
  return wanted === undefined || !/[-/\d]/.test(wanted) ? CLAUDE_NAMES : [...CLAUDE_NAMES, wanted]
}

/** Provider modes go past the gateway, and a second credential makes Claude Code ask which one is meant. */
function withoutRivals(env: Environment): Environment {
  const rivals = new Set<string>([...PROVIDER_MODES, 'ANTHROPIC_API_KEY'])
  return Object.fromEntries(Object.entries(env).filter(([name]) => !rivals.has(name)))
}
