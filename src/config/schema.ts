import { z } from 'zod'
import type { JsonObject } from '../ir/json.ts'
import { modelFactsSchema, modelsSchema, protocol } from './schema-models.ts'
import { duration, flag, integer, size, text } from './schema-values.ts'

// A file is read once, by a schema that is used once: compiling that into code of its own costs more than it gives.
z.config({ jitless: true })

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const

const TIMEOUTS = {
  connect: duration('How long to wait for a connection; `0` means for ever.'),
  firstByte: duration('How long to wait for the first byte of an answer; `0` means for ever.'),
  idle: duration('How long an answer may pause between bytes; `0` means for ever.'),
}

const secretText = (description: string) => z.string().trim().meta({ description })
const headerName = z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, 'is no HTTP header name')

const tls = (description: string) =>
  z
    .strictObject({
      ca: z
        .array(text('A file of certificates in PEM form; relative to the config file.'))
        .meta({ description })
        .optional(),
    })
    .meta({ description: 'Whom to trust.' })

const common = {
  headers: z
    .record(headerName, z.string())
    .meta({ description: 'Headers to add to every request to this provider.' })
    .optional(),
  timeouts: z
    .strictObject({
      connect: TIMEOUTS.connect.optional(),
      firstByte: TIMEOUTS.firstByte.optional(),
      idle: TIMEOUTS.idle.optional(),
    })
    .meta({ description: 'Waiting times for this provider, where they differ from the general ones.' })
    .optional(),
  retries: integer(0, 20, 'Attempts after a failed one at this provider, where they differ.').optional(),
  proxy: text(
    'The proxy to this provider, whatever the general settings say: `http://host:port`, or `none`.',
  ).optional(),
  tls: tls("Certificates of this provider's private CA, trusted besides the general ones.").optional(),
  protocol: protocol('What to speak to this provider, instead of what suits each model.').optional(),
  models: z
    .record(z.string(), modelFactsSchema)
    .meta({ description: 'Facts about models that override the built-in table, by upstream model name.' })
    .optional(),
  dialect: z
    .record(z.string(), z.unknown())
    .meta({ description: 'Departures from the protocol that this provider is spoken to in.' })
    .optional(),
}

const apiKey = secretText("The provider's key; `client` forwards the key that the client sent.").optional()
const baseUrl = (precedes: string) =>
  text(`The exact URL that precedes ${precedes}; plain \`http://\` for loopback only.`).optional()
const apiVersion = text('A dated API version, for the dated paths; the v1 API when left out.').optional()
const scope = text('The Entra scope, where it is not the one that fits the API and the cloud.').optional()
const subscription = text(
  'The id of the Azure subscription: with `resourceGroup` and `auth: entra`, model lists show the deployments that Azure knows of.',
).optional()
const resourceGroup = text('The resource group that the resource is in, for `subscription`.').optional()
const anthropicVersion = text(
  'Pins the `anthropic-version` header; otherwise the one that the client sent, or 2023-06-01.',
).optional()
const azureAuth = z
  .enum(['key', 'entra'])
  .meta({ description: 'How to authenticate: with `apiKey`, or with Microsoft Entra ID.' })
  .default('key')

const type = <T extends string>(name: T, description: string) => z.literal(name).meta({ description })

export const providerSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: type('azure-openai', 'An Azure OpenAI resource.'),
    endpoint: text('The resource, as the portal shows it: its name, host or URL in any form.').optional(),
    baseUrl: baseUrl('`/chat/completions` and `/responses`'),
    apiVersion,
    responsesApiVersion: text(
      'The dated API version for Responses, where it differs from `apiVersion`.',
    ).optional(),
    modelsApiVersion: text(
      'The dated API version for listing what the resource has (`dragoman models --upstream`, the wizard).',
    ).optional(),
    apiKey,
    auth: azureAuth,
    scope,
    subscription,
    resourceGroup,
    ...common,
  }),
  z.strictObject({
    type: type('azure-foundry', 'An Azure AI Foundry resource.'),
    resource: text("The resource's name, as the portal shows it.").optional(),
    endpoint: text("The resource's URL, as the portal shows it, in any form.").optional(),
    baseUrl: baseUrl('`/v1/messages`'),
    apiVersion,
    anthropicVersion,
    apiKey,
    auth: azureAuth,
    scope,
    subscription,
    resourceGroup,
    ...common,
  }),
  z.strictObject({
    type: type('openai', "OpenAI's own API."),
    baseUrl: baseUrl('`/chat/completions` and `/responses`'),
    apiKey,
    anyPath: flag(
      'Whether requests on paths that Dragoman does not know are carried here, untouched; they are a 404 otherwise.',
    ).optional(),
    ...common,
  }),
  z.strictObject({
    type: type('anthropic', "Anthropic's own API."),
    baseUrl: baseUrl('`/v1/messages`'),
    anthropicVersion,
    apiKey,
    ...common,
  }),
  z.strictObject({
    type: type('gemini', "Google's Gemini API."),
    baseUrl: baseUrl('`/v1beta/models/…`'),
    apiKey,
    ...common,
  }),
  z.strictObject({
    type: type('openai-compatible', "Any server that speaks OpenAI's Chat Completions."),
    baseUrl: baseUrl('`/chat/completions`'),
    preset: text(
      'A known server whose address and departures are built in: `ollama`, `vllm`, `openrouter`, …',
    ).optional(),
    apiKey,
    ...common,
  }),
])

const WORKERS = 'must be `auto` or a whole number from 1 to 256'
/** Each worker is a process; `auto` is no literal, so that what is wrong with another text is said in full. */
const workers = z
  .union([
    z.int(WORKERS).min(1, WORKERS).max(256, WORKERS),
    z
      .string()
      .regex(/^auto$/, { error: WORKERS, abort: true })
      .meta({ enum: ['auto'] }),
  ])
  .meta({
    description:
      'Processes that serve; `auto` is one for each core that this process may use. What they learn (cooldowns, lessons, reasoning) they share.',
  })

const server = z.strictObject({
  host: text('The address to listen on; anything but loopback needs `auth.keys`.').default('127.0.0.1'),
  port: integer(0, 65_535, 'The port to listen on; 0 lets the system choose.').default(8082),
  workers: workers.default(1),
  bodyLimit: size('The largest request body that is accepted.').default('64mb'),
  uploadLimit: size('The largest form with files that is accepted; it is passed on as it comes in.').default(
    '1gb',
  ),
  cors: z
    .array(text('An origin such as `https://chat.example.com`, or `*`.'))
    .meta({ description: 'Browser origins that may call.' })
    .default([]),
  fetchUrls: z
    .enum(['public', 'loopback', 'never'])
    .meta({
      description:
        "Whether images and documents that clients give by URL are fetched for upstreams that fetch none: from `public` addresses over https; from `loopback` too, this machine's own servers, for trusted clients only; or `never`, and such requests are refused.",
    })
    .default('public'),
})

const auth = z.strictObject({
  keys: z
    .array(
      z.union([
        secretText("A client's key."),
        z.strictObject({
          name: text('Who uses the key, for logs and costs.').optional(),
          key: secretText("A client's key."),
        }),
      ]),
    )
    .meta({ description: "Clients' keys; optional on loopback, required elsewhere." })
    .default([]),
})

/** The config file: every key, its default and what it does. */
export const settingsSchema = z.strictObject({
  $schema: z.string().meta({ description: 'The JSON Schema of this file, for editors.' }).optional(),
  server: server.meta({ description: 'Where and how to listen.' }).prefault({}),
  auth: auth.meta({ description: 'Who may call.' }).prefault({}),
  providers: z
    .record(z.string().regex(/^[^/\s]+$/, 'must not hold slashes or spaces'), providerSchema)
    .meta({ description: 'The upstreams, by names of your choice that `models` refers to.' })
    .default({}),
  models: modelsSchema.default({}),
  lossy: z
    .enum(['warn', 'reject'])
    .meta({
      description:
        'What to do when a request holds content that its target cannot take: `warn` says so in a header and the log, `reject` answers 400.',
    })
    .default('warn'),
  timeouts: z
    .strictObject({
      connect: TIMEOUTS.connect.default('10s'),
      firstByte: TIMEOUTS.firstByte.default('300s'),
      idle: TIMEOUTS.idle.default('300s'),
    })
    .meta({ description: 'How long to wait for upstreams.' })
    .prefault({}),
  proxy: text(
    'The proxy to upstreams, `http://user:password@host:port`, or `none`; `HTTPS_PROXY` and `HTTP_PROXY` of the environment when left out.',
  ).optional(),
  noProxy: z
    .array(
      text(
        'A host, `.suffix`, `*.suffix`, address or network such as `10.0.0.0/8`, each with or without `:port`; or `*`.',
      ),
    )
    .meta({
      description:
        'What is reached without the proxy: hosts (and all below them), addresses, networks, with or without `:port`; `NO_PROXY` of the environment when left out. This machine always is.',
    })
    .optional(),
  tls: tls(
    'Certificates of networks that inspect TLS, or of private CAs, trusted besides those of Node and `NODE_EXTRA_CA_CERTS`.',
  ).optional(),
  retries: integer(
    0,
    20,
    'Attempts at a target after a failed one, before the next is tried; one that is limited gives way at once.',
  ).default(2),
  log: z
    .strictObject({
      level: z.enum(LOG_LEVELS).meta({ description: 'The least important lines to write.' }).default('info'),
      bodies: flag('Whether requests and answers are written to the log, for debugging.').default(false),
    })
    .meta({ description: 'What to write to the log.' })
    .prefault({}),
  secret: secretText(
    'Seals what only its issuer may read on its way through clients; share it between replicas. Made once and kept in `stateDir` when left out.',
  ).optional(),
  stateDir: text(
    "Where pid, log, secret and ledger live; the platform's state folder when left out.",
  ).optional(),
})

/** The settings as written, with defaults filled in; durations and sizes still text. */
export type Settings = z.output<typeof settingsSchema>
export type ProviderSettings = z.output<typeof providerSchema>

/** The published JSON Schema (draft 2020-12) of the config file. */
export function jsonSchema(): JsonObject {
  const generated = z.toJSONSchema(settingsSchema, { io: 'input' })
  const { $schema, ...rest } = tidy(generated) as JsonObject
  return { $schema, title: 'Dragoman configuration', ...rest }
}

/** Drops what says nothing to a reader: empty defaults of sections, and `propertyNames` of any string. */
function tidy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidy)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(
    ([key, member]) =>
      !(key === 'default' && typeof member === 'object' && Object.keys(member as object).length === 0) &&
      !(key === 'propertyNames' && JSON.stringify(member) === '{"type":"string"}'),
  )
  return Object.fromEntries(entries.map(([key, member]) => [key, tidy(member)]))
}
