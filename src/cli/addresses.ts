import type { Config } from '../config/config.ts'
import { maskSettings } from '../config/secrets.ts'
import { GatewayError } from '../errors.ts'
import type { ProviderConfig } from '../providers/config.ts'
import { createProvider } from '../providers/index.ts'
import type { UpstreamProtocol } from '../providers/provider.ts'
import { proxyFor } from '../upstream/proxy.ts'

/** Where requests to a provider go, whichever form its address was written in. Credentials are masked. */
export type ProviderAddresses = {
  readonly provider: string
  /** The address as written, by its key; absent for vendors' own hosts. */
  readonly written?: { readonly key: string; readonly text: string }
  /** By what is spoken: `https://acme.openai.azure.com/openai/v1/chat/completions`; `{deployment}` where it is part of the path. */
  readonly urls: Readonly<Partial<Record<UpstreamProtocol, string>>>
  /** The proxy on the way. */
  readonly proxy?: string
}

const PROTOCOLS: readonly UpstreamProtocol[] = ['chat', 'responses', 'messages', 'gemini']

/** The addresses of every provider of a sound config. */
export function addressesOf(config: Pick<Config, 'providers'>): readonly ProviderAddresses[] {
  return Object.values(config.providers).map((provider) => {
    const model = provider.type.startsWith('azure') ? '{deployment}' : '{model}'
    const urls = PROTOCOLS.flatMap((protocol) => {
      const url = addressOf(provider, protocol, model)
      return url === undefined ? [] : [[protocol, url] as const]
    })
    const written = writtenAddress(provider)
    const proxy = urls[0] && proxyFor(new URL(urls[0][1]), provider.network?.proxies)
    return {
      provider: provider.name,
      ...(written !== undefined && { written }),
      urls: Object.fromEntries(
        urls.map(([protocol, url]) => [protocol, masked(url).replace(encodeURIComponent(model), model)]),
      ),
      ...(proxy !== undefined && { proxy: String(maskSettings(proxy, ['proxy'])) }),
    }
  })
}

/** Keys in queries. */
const masked = (text: string): string => String(maskSettings(text))

function addressOf(provider: ProviderConfig, protocol: UpstreamProtocol, model: string): string | undefined {
  try {
    return createProvider(provider).address({ protocol, operation: 'generate', model, stream: true })
  } catch (thrown) {
    if (thrown instanceof GatewayError && thrown.code === 'not-supported') return undefined
    throw thrown
  }
}

function writtenAddress(provider: ProviderConfig): ProviderAddresses['written'] {
  const { baseUrl } = provider
  const endpoint = 'endpoint' in provider ? provider.endpoint : undefined
  const resource = 'resource' in provider ? provider.resource : undefined
  const [found] = Object.entries({ baseUrl, endpoint, resource }).flatMap(([key, text]) =>
    text === undefined ? [] : [{ key, text: masked(text) }],
  )
  return found
}
