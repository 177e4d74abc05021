import type { ChatDialect } from '../protocols/chat/dialect.ts'
import { isPrivate } from './url.ts'

/** A known server that speaks OpenAI's Chat Completions, and how it departs from OpenAI. */
export type Preset = {
  readonly baseUrl: string
  /** Hosts by which it is recognised; a leading dot takes subdomains. */
  readonly hosts: readonly string[]
  /** The port by which it is recognised inside a private network, where no other server is usual there. */
  readonly port?: string
  /** Where its maker's documentation keeps the key. Absent: it needs none. */
  readonly keyVariable?: string
  /** What precedes `/v1/messages`, where that is not the base URL without its `/v1`. */
  readonly messagesBase?: string
  readonly chat: Partial<ChatDialect>
}

/**
 * What is safe to assume about a server that claims to be compatible: the fields that all of them know. Unknown
 * fields are ignored by some and answered 400 by others.
 */
export const compatibleChat: Partial<ChatDialect> = {
  maxTokensField: 'max_tokens',
  systemRole: 'system',
  strictTools: false,
  customTools: false,
  files: false,
  userField: 'user',
  promptCacheKey: false,
  cacheBreakpoints: false,
  serviceTier: false,
  verbosity: false,
  metadata: false,
  // Some keep more in an id than a name: a signature, for one.
  callIdLimit: Infinity,
}

export const presets: Readonly<Record<string, Preset>> = {
  // docs.ollama.com/api/openai-compatibility: no tool_choice, user, n or logit_bias; images as base64 only; reasoning in
  // `reasoning`.
  ollama: {
    baseUrl: 'http://localhost:11434/v1',
    hosts: ['ollama', 'ollama.com'],
    port: '11434',
    chat: {
      reasoningField: 'reasoning',
      forcedToolChoice: false,
      parallelToolCalls: false,
      userField: 'none',
      urlMedia: 'none',
    },
  },
  // lmstudio.ai/docs: the list of supported parameters has neither user nor parallel_tool_calls.
  lmstudio: {
    baseUrl: 'http://localhost:1234/v1',
    hosts: ['lmstudio'],
    port: '1234',
    chat: { userField: 'none', parallelToolCalls: false },
  },
  // github.com/ggml-org/llama.cpp tools/server README: reasoning in `reasoning_content`.
  'llama.cpp': {
    baseUrl: 'http://localhost:8080/v1',
    hosts: ['llama-cpp', 'llamacpp'],
    chat: { userField: 'none' },
  },
  // docs.vllm.ai, "Reasoning outputs": the field is `reasoning`; the older `reasoning_content` is read too.
  vllm: {
    baseUrl: 'http://localhost:8000/v1',
    hosts: ['vllm'],
    chat: { reasoningField: 'reasoning' },
  },
  // docs.litellm.ai: a gateway itself; takes OpenAI's fields and Claude's cache marks, and maps or drops them for the
  // model behind it.
  litellm: {
    baseUrl: 'http://localhost:4000/v1',
    hosts: ['litellm'],
    keyVariable: 'LITELLM_API_KEY',
    chat: { files: true, strictTools: true, cacheControl: 'keep' },
  },
  // openrouter.ai/docs: reasoning in `reasoning`; files and strict tools as OpenAI has them, `cache_control` as
  // Anthropic has it.
  openrouter: {
    baseUrl: 'https://openrouter.ai/api/v1',
    hosts: ['openrouter.ai'],
    keyVariable: 'OPENROUTER_API_KEY',
    chat: {
      maxTokensField: 'max_completion_tokens',
      bothTokenLimits: true,
      reasoningField: 'reasoning',
      files: true,
      strictTools: true,
      cacheControl: 'keep',
    },
  },
  // api-docs.deepseek.com: thinking_mode for reasoning, and an Anthropic-shaped API beside this one.
  deepseek: {
    baseUrl: 'https://api.deepseek.com',
    hosts: ['api.deepseek.com'],
    keyVariable: 'DEEPSEEK_API_KEY',
    messagesBase: 'https://api.deepseek.com/anthropic',
    chat: { structuredOutput: 'json-object', userField: 'none', images: false },
  },
  // console.groq.com/docs/openai: these fields are answered 400; reasoning in `reasoning`, none taken back.
  groq: {
    baseUrl: 'https://api.groq.com/openai/v1',
    hosts: ['api.groq.com'],
    keyVariable: 'GROQ_API_KEY',
    chat: {
      reasoningField: 'reasoning',
      reasoningHistory: 'never',
      refusedFields: ['logprobs', 'top_logprobs', 'logit_bias'],
    },
  },
  // docs.mistral.ai/api: unknown fields are answered 422; usage comes in the last chunk unasked.
  mistral: {
    baseUrl: 'https://api.mistral.ai/v1',
    hosts: ['api.mistral.ai'],
    keyVariable: 'MISTRAL_API_KEY',
    chat: {
      streamUsage: false,
      strictTools: true,
      userField: 'none',
      refusedFields: ['logprobs', 'top_logprobs', 'logit_bias', 'seed', 'store'],
    },
  },
  // docs.together.ai, "OpenAI compatibility".
  together: {
    baseUrl: 'https://api.together.xyz/v1',
    hosts: ['api.together.xyz', 'api.together.ai'],
    keyVariable: 'TOGETHER_API_KEY',
    chat: {},
  },
  // docs.fireworks.ai, "OpenAI compatibility".
  fireworks: {
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    hosts: ['api.fireworks.ai'],
    keyVariable: 'FIREWORKS_API_KEY',
    chat: {},
  },
  // docs.x.ai: strict function calling as OpenAI has it.
  xai: {
    baseUrl: 'https://api.x.ai/v1',
    hosts: ['api.x.ai', '.api.x.ai'],
    keyVariable: 'XAI_API_KEY',
    chat: { strictTools: true },
  },
  // inference-docs.cerebras.ai, "OpenAI compatibility": these fields are answered 400.
  cerebras: {
    baseUrl: 'https://api.cerebras.ai/v1',
    hosts: ['api.cerebras.ai'],
    keyVariable: 'CEREBRAS_API_KEY',
    chat: {
      reasoningField: 'reasoning',
      reasoningHistory: 'never',
      strictTools: true,
      images: false,
      refusedFields: ['frequency_penalty', 'presence_penalty', 'logit_bias'],
    },
  },
  // docs.perplexity.ai: a search product; no tools of the client's own.
  perplexity: {
    baseUrl: 'https://api.perplexity.ai',
    hosts: ['api.perplexity.ai'],
    keyVariable: 'PERPLEXITY_API_KEY',
    chat: {
      forcedToolChoice: false,
      parallelToolCalls: false,
      userField: 'none',
      reasoningHistory: 'never',
    },
  },
  // docs.api.nvidia.com: NIM validates strictly and answers unknown fields 422.
  nvidia: {
    baseUrl: 'https://integrate.api.nvidia.com/v1',
    hosts: ['integrate.api.nvidia.com'],
    keyVariable: 'NVIDIA_API_KEY',
    chat: { userField: 'none', parallelToolCalls: false },
  },
  // docs.github.com/rest/models/inference.
  'github-models': {
    baseUrl: 'https://models.github.ai/inference',
    hosts: ['models.github.ai', 'models.inference.ai.azure.com'],
    keyVariable: 'GITHUB_TOKEN',
    chat: { userField: 'none' },
  },
  // platform.moonshot.ai/docs.
  moonshot: {
    baseUrl: 'https://api.moonshot.ai/v1',
    hosts: ['api.moonshot.ai', 'api.moonshot.cn'],
    keyVariable: 'MOONSHOT_API_KEY',
    messagesBase: 'https://api.moonshot.ai/anthropic',
    chat: { userField: 'none' },
  },
  // docs.z.ai.
  zai: {
    baseUrl: 'https://api.z.ai/api/paas/v4',
    hosts: ['api.z.ai', 'open.bigmodel.cn'],
    keyVariable: 'ZAI_API_KEY',
    messagesBase: 'https://api.z.ai/api/anthropic',
    chat: { structuredOutput: 'json-object', forcedToolChoice: false, userField: 'none' },
  },
  // huggingface.co/docs/inference-providers.
  huggingface: {
    baseUrl: 'https://router.huggingface.co/v1',
    hosts: ['router.huggingface.co'],
    keyVariable: 'HF_TOKEN',
    chat: {},
  },
}

/** A preset and the name it goes by. */
export type NamedPreset = Preset & { readonly name: string }

/** The preset of this name, whatever its case, dots and dashes. */
export function presetNamed(name: string): NamedPreset | undefined {
  const found = Object.entries(presets).find(([key]) => bare(key) === bare(name))
  return found && { name: found[0], ...found[1] }
}

/** The preset that the host of a base URL belongs to. */
export function presetAt(url: URL): NamedPreset | undefined {
  const found = Object.entries(presets).find(
    ([, preset]) =>
      preset.hosts.some((host) =>
        host.startsWith('.') ? url.hostname.endsWith(host) : url.hostname === host,
      ) ||
      (preset.port !== undefined && preset.port === url.port && isPrivate(url)),
  )
  return found && { name: found[0], ...found[1] }
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}
