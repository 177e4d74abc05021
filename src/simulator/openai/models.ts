/** What an OpenAI model takes and refuses. Source: the vendor's model pages and error messages. */
export type OpenAiModel = {
  readonly reasoning: boolean
  /** `reasoning_effort` values; empty: the parameter is unknown to the model. */
  readonly efforts: readonly string[]
  /** Sampling parameters are taken when the effort is `none`. */
  readonly samplingWithoutEffort: boolean
  readonly stop: boolean
  /** Function tools together with reasoning; otherwise only the Responses API takes both. */
  readonly toolsWithReasoning: boolean
  /** Tokens. */
  readonly maxOutput: number
  readonly cacheBreakpoints: boolean
}

const plain: OpenAiModel = {
  reasoning: false,
  efforts: [],
  samplingWithoutEffort: true,
  stop: true,
  toolsWithReasoning: true,
  maxOutput: 16_384,
  cacheBreakpoints: false,
}

const thinker: OpenAiModel = {
  ...plain,
  reasoning: true,
  efforts: ['low', 'medium', 'high'],
  samplingWithoutEffort: false,
  maxOutput: 128_000,
}

const FAMILIES: readonly (readonly [RegExp, OpenAiModel])[] = [
  [/^(?:o3(?!-mini)|o4)/, { ...thinker, stop: false, maxOutput: 100_000 }],
  [/^o\d/, { ...thinker, maxOutput: 100_000 }],
  [/^gpt-5[\w.-]*-chat/, plain],
  [
    /^gpt-(?:5\.[6-9]|[6-9])/,
    {
      ...thinker,
      efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'],
      samplingWithoutEffort: true,
      toolsWithReasoning: false,
      cacheBreakpoints: true,
    },
  ],
  [
    /^gpt-5\.[45]/,
    {
      ...thinker,
      efforts: ['none', 'low', 'medium', 'high', 'xhigh'],
      samplingWithoutEffort: true,
      toolsWithReasoning: false,
    },
  ],
  [
    /^gpt-5\.[23]/,
    { ...thinker, efforts: ['none', 'low', 'medium', 'high', 'xhigh'], samplingWithoutEffort: true },
  ],
  [/^gpt-5\.1/, { ...thinker, efforts: ['none', 'low', 'medium', 'high'], samplingWithoutEffort: true }],
  [/^gpt-5/, { ...thinker, efforts: ['minimal', 'low', 'medium', 'high'] }],
  [/^gpt-4\.1/, { ...plain, maxOutput: 32_768 }],
]

/** The facts of a model by its name; one that is no OpenAI name is a plain model. */
export function openaiModel(name: string): OpenAiModel {
  return FAMILIES.find(([pattern]) => pattern.test(name))?.[1] ?? plain
}

/** Whether a model thinks at an effort; without one, models that can go without thinking do. */
export function thinksAt(model: OpenAiModel, effort: string | undefined): boolean {
  if (effort !== undefined) return effort !== 'none'
  return model.reasoning && !model.efforts.includes('none')
}
