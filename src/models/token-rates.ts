import { bestMatch, type ModelTable } from './table.ts'

/**
 * How a vendor counts an image.
 *
 * - `area`: one token for so many pixels, after the image was shrunk to a longest edge
 * - `tiles`: a base and a price for each tile, after it was shrunk into a square and then to a shortest edge
 * - `patches`: squares of an edge, at most so many, times a factor
 * - `crops`: one price for a small image, else for each crop of a grid that follows the image's form
 * - `flat`: the same for each
 */
export type ImageRate =
  | {
      readonly kind: 'area'
      readonly pixelsPerToken: number
      readonly longest: number
      readonly most: number
    }
  | {
      readonly kind: 'tiles'
      readonly base: number
      readonly tile: number
      readonly edge: number
      readonly square: number
      readonly shortest: number
    }
  | { readonly kind: 'patches'; readonly edge: number; readonly most: number; readonly factor: number }
  | { readonly kind: 'crops'; readonly price: number; readonly small: number; readonly largestEdge: number }
  | { readonly kind: 'flat'; readonly tokens: number }

/** What the same words, pictures and pages cost in one family of models. Tokens. */
export type TokenRates = {
  /** Against OpenAI's o200k, to which the estimate of a text is fitted. */
  readonly text: number
  readonly image: ImageRate
  /** A page of a PDF: its text and its picture. */
  readonly page: number
  /** What having tools at all costs beside their declarations. */
  readonly tools: number
  /** What a schema costs against its JSON. */
  readonly schema: number
}

// Images: platform.claude.com/docs "Vision"; developers.openai.com/api/docs/guides/images-vision "Calculating costs";
// ai.google.dev/gemini-api/docs/tokens and "Media resolution". Text: measured ratios of the tokenizers.

const claude: TokenRates = {
  text: 1.05,
  image: { kind: 'area', pixelsPerToken: 750, longest: 1568, most: 1600 },
  page: 2_000,
  tools: 480,
  schema: 0.9,
}

/** From Opus 4.7 on: another tokenizer, and larger pictures. */
const newerClaude: TokenRates = {
  ...claude,
  text: 1.35,
  image: { kind: 'area', pixelsPerToken: 750, longest: 2576, most: 4784 },
}

const tiles = (base: number, tile: number): ImageRate => ({
  kind: 'tiles',
  base,
  tile,
  edge: 512,
  square: 2048,
  shortest: 768,
})
const patches = (factor: number): ImageRate => ({ kind: 'patches', edge: 32, most: 1536, factor })

const openai: TokenRates = { text: 1, image: tiles(85, 170), page: 1_500, tools: 10, schema: 0.35 }

const gemini: TokenRates = {
  text: 1,
  image: { kind: 'flat', tokens: 1_120 },
  page: 560,
  tools: 10,
  schema: 0.4,
}
const gemini2: TokenRates = {
  ...gemini,
  image: { kind: 'crops', price: 258, small: 384, largestEdge: 768 },
  page: 258,
}

const rates: ModelTable<TokenRates> = {
  claude: newerClaude,
  'sonnet-4': claude,
  'sonnet-4-5': claude,
  'sonnet-4-6': claude,
  'opus-4': claude,
  'opus-4-1': claude,
  'opus-4-5': claude,
  'opus-4-6': claude,
  'haiku-4-5': claude,
  'claude-3': claude,
  opus: newerClaude,
  sonnet: newerClaude,
  haiku: newerClaude,
  fable: newerClaude,
  mythos: newerClaude,
  gpt: openai,
  'gpt-5': { ...openai, image: tiles(70, 140) },
  'gpt-5-mini': { ...openai, image: patches(1.62) },
  'gpt-5-nano': { ...openai, image: patches(2.46) },
  'gpt-4-1-mini': { ...openai, image: patches(1.62) },
  'gpt-4-1-nano': { ...openai, image: patches(2.46) },
  'gpt-4o-mini': { ...openai, image: tiles(2833, 5667) },
  o1: { ...openai, image: tiles(75, 150) },
  o3: { ...openai, image: tiles(75, 150) },
  'o4-mini': { ...openai, image: patches(1.72) },
  gemini,
  'gemini-2-0': gemini2,
  'gemini-2-5': gemini2,
}

/** The rates of a model, by its name or, where that tells nothing, by its family; OpenAI's where both are unknown. */
export function tokenRatesOf(model: string, family = ''): TokenRates {
  return bestMatch(rates, model) ?? bestMatch(rates, family) ?? openai
}

type Size = { readonly width: number; readonly height: number }

/** Tokens of an image of a size in pixels; `detail: low` is OpenAI's wish for a cheap look. */
export function imageTokens(rate: ImageRate, { width, height }: Size, detail?: string): number {
  switch (rate.kind) {
    case 'area': {
      const scale = Math.min(1, rate.longest / Math.max(width, height))
      return Math.min(rate.most, Math.ceil((width * scale * height * scale) / rate.pixelsPerToken))
    }
    case 'tiles': {
      if (detail === 'low') return rate.base
      const inSquare = Math.min(1, rate.square / Math.max(width, height))
      const scale = inSquare * Math.min(1, rate.shortest / (Math.min(width, height) * inSquare))
      return rate.base + rate.tile * grid(width * scale, height * scale, rate.edge)
    }
    case 'patches':
      return Math.ceil(Math.min(rate.most, grid(width, height, rate.edge)) * rate.factor)
    case 'crops': {
      if (width <= rate.small && height <= rate.small) return rate.price
      const edge = Math.min(rate.largestEdge, Math.max(256, Math.floor(Math.min(width, height) / 1.5)))
      return rate.price * grid(width, height, edge)
    }
    case 'flat':
      return rate.tokens
    default:
      return rate satisfies never
  }
}

/** Squares of an edge that cover an area. A picture rounded to a hair above an edge needs no further square. */
function grid(width: number, height: number, edge: number): number {
  return Math.max(1, Math.ceil(width / edge - 1e-9)) * Math.max(1, Math.ceil(height / edge - 1e-9))
}
