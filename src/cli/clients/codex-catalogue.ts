import type { Config } from '../../config/config.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Effort } from '../../ir/request.ts'
import type { ModelProfile } from '../../models/profile.ts'
import { targetsOf, usualTarget } from '../../routing/rule.ts'
import { createProvider } from '../../providers/index.ts'
import { ASSUMED_WINDOW, CLAUDE_NAMES, targetsInUse } from './names-in-use.ts'

/** Codex knows these levels; others it refuses to read. */
const CODEX_EFFORTS: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh']

/** Codex has prompts for its own models only; a catalogue must bring one for others. */
const INSTRUCTIONS = `You are a coding agent in the Codex CLI, working on the user's computer in their repository.

- Find out before you act: read the files that matter and search rather than guess.
- Change files with apply_patch where you have it. Keep changes small and in the style of the code around them.
- Run the project's own tests or checks after a change, and look at what they print.
- Never undo work that is not yours, and do not commit unless asked.
- When a command fails, read its output, find the cause, and try again differently.
- Go on until the task is done. Then say briefly what you changed and how you checked it.`

type Entry = { readonly slug: string; readonly profile: ModelProfile; readonly description: string }

/** A `model_catalog_json` for Codex: what the gateway offers, with windows and efforts of what stands behind it. */
export function codexCatalogue(config: Config): { readonly models: readonly JsonObject[] } {
  return { models: entries(config).map((entry, index) => catalogueEntry(entry, index)) }
}

/** The name that Codex is started with unless somebody chose another. */
export function firstModel(config: Config): string | undefined {
  return entries(config)[0]?.slug
}

/** Plain names first, then every target by its address, then Claude's names where a pattern takes them. */
function entries(config: Config): readonly Entry[] {
  const found = new Map<string, Entry>()
  const add = (slug: string, provider: string, model: string) => {
    const settings = config.providers[provider]
    if (settings === undefined || model === '*' || found.has(slug)) return
    const address = `${provider}/${model}`
    const description = slug === address ? `${model} on ${provider}` : `Stands for ${address}`
    found.set(slug, { slug, profile: createProvider(settings).profile(model), description })
  }
  for (const rule of config.models) {
    const usual = usualTarget(rule)
    if (!rule.pattern.includes('*') && usual !== undefined)
      add(rule.pattern, usual.provider, usual.model === '*' ? rule.pattern : usual.model)
  }
  for (const { provider, model } of config.models.flatMap(targetsOf))
    add(`${provider}/${model}`, provider, model)
  for (const name of CLAUDE_NAMES) {
    const [target] = targetsInUse(config, [name])
    if (target !== undefined) add(name, target.ref.provider, target.ref.model)
  }
  return [...found.values()]
}

function catalogueEntry({ slug, profile, description }: Entry, index: number): JsonObject {
  const efforts = CODEX_EFFORTS.filter((effort) => profile.efforts?.includes(effort))
  const window = profile.contextWindow ?? ASSUMED_WINDOW
  return {
    slug,
    display_name: slug,
    description,
    base_instructions: INSTRUCTIONS,
    ...(efforts.length > 0 && {
      default_reasoning_level: efforts.includes('medium') ? 'medium' : efforts.at(-1),
    }),
    supported_reasoning_levels: efforts.map((effort) => ({ effort, description: `Effort ${effort}` })),
    shell_type: 'shell_command',
    visibility: 'list',
    supported_in_api: true,
    priority: index + 1,
    availability_nux: null,
    upgrade: null,
    supports_reasoning_summaries: efforts.length > 0,
    default_reasoning_summary: 'auto',
    support_verbosity: profile.verbosity === true,
    default_verbosity: null,
    apply_patch_tool_type: 'freeform',
    truncation_policy: { mode: 'tokens', limit: 10_000 },
    supports_parallel_tool_calls: true,
    supports_image_detail_original: false,
    context_window: window,
    max_context_window: window,
    effective_context_window_percent: 95,
    experimental_supported_tools: [],
    input_modalities: profile.images === false ? ['text'] : ['text', 'image'],
    supports_search_tool: false,
  }
}
