import type { Effort } from '../ir/request.ts'
import type { ModelProfile } from '../models/profile.ts'

type Support = { readonly supported: boolean }

/**
 * What a model can do, in the shape of Anthropic's model object, with what OpenAI's clients look for beside it. It tells
 * what works through the gateway: wishes about thinking reach models that only know efforts. What is not known of a
 * model is not denied.
 */
export function capabilitiesOf(profile: ModelProfile): Record<string, unknown> {
  const { efforts, thinking = [] } = profile
  const levels: readonly Effort[] = (efforts ?? []).filter((effort) => effort !== 'none')
  const thinks = levels.length > 0 || thinking.some((type) => type !== 'disabled')
  const type = (name: NonNullable<ModelProfile['thinking']>[number]) =>
    supported(profile.thinking === undefined ? thinks && name !== 'between-tools' : thinking.includes(name))
  const level = (name: Effort) => supported(levels.includes(name))
  return {
    batch: supported(false),
    citations: supported(profile.family === 'claude'),
    code_execution: supported(false),
    context_management: {
      supported: profile.family === 'claude',
      clear_thinking_20251015: null,
      clear_tool_uses_20250919: null,
      compact_20260112: null,
    },
    effort: {
      supported: levels.length > 0,
      low: level('low'),
      medium: level('medium'),
      high: level('high'),
      xhigh: level('xhigh'),
      max: level('max'),
    },
    image_input: supported(profile.images ?? true),
    pdf_input: supported(profile.documents ?? true),
    server_tools: { supported: false, code_execution: supported(false), web_search: supported(false) },
    structured_outputs: supported(profile.structuredOutput ?? true),
    thinking: {
      supported: thinks,
      types: {
        adaptive: type('adaptive'),
        enabled: type('enabled'),
        disabled: thinks ? type('disabled') : supported(true),
        between_tools: type('between-tools'),
      },
    },
    tools: supported(profile.tools ?? true),
    reasoning_efforts: efforts ?? [],
  }
}

const supported = (value: boolean): Support => ({ supported: value })
