import { describe, expect, it } from 'vitest'
import { provider } from '../../test/support/provider.ts'
import { GatewayError } from '../errors.ts'
import type { Provider } from './provider.ts'

const azure = (config: object = {}) => provider('azure-openai', { endpoint: 'acme', ...config })
const upstream = (status: number) => ({ status, headers: {}, body: '' })

function explained(from: Provider, error: GatewayError, model = 'gpt-big'): GatewayError {
  return from.explain?.(error, model) ?? error
}

describe('what an error means', () => {
  it('a missing deployment: which one, where, and how to list what there is', () => {
    const error = new GatewayError('not-found', 'The API deployment for this resource does not exist.', {
      status: 404,
      retry: 'next',
      details: { upstreamCode: 'DeploymentNotFound', upstream: upstream(404) },
    })
    const result = explained(azure(), error)
    expect(result.message).toMatch(/not exist\. acme\.openai\.azure\.com has no deployment named 'gpt-big'/)
    expect(result.message).toContain('az cognitiveservices account deployment list --name acme')
    expect(result).toMatchObject({ code: 'not-found', status: 404, retry: 'next', details: error.details })
  })

  it('another 404: the address or the version', () => {
    const error = new GatewayError('not-found', 'Resource not found', { details: { upstreamCode: '404' } })
    expect(explained(azure(), error).message).toContain('check the address of providers.p')
    expect(explained(azure({ apiVersion: '2023-01-01' }), error).message).toContain('api-version 2023-01-01')
  })

  it('a refused key: which config key, which header, never the key', () => {
    const error = new GatewayError('upstream-auth', 'Access denied', { details: { upstream: upstream(401) } })
    const { message } = explained(azure({ apiKey: 'very-secret-key' }), error)
    expect(message).toContain('providers.p.apiKey')
    expect(message).toContain('acme.openai.azure.com as api-key')
    expect(message).not.toContain('very-secret-key')
  })

  it.each([
    ['azure-openai', 'Cognitive Services OpenAI User'],
    ['azure-foundry', 'Azure AI User'],
  ] as const)('a refused identity at %s: which role is missing', (type, role) => {
    const entra = provider(type, { auth: 'entra', endpoint: 'acme' })
    const error = new GatewayError('upstream-auth', 'PermissionDenied', {
      details: { upstream: upstream(403) },
    })
    expect(explained(entra, error).message).toContain(`'${role}'`)
  })

  it.each([
    ['Token audience is incorrect', /another service: set providers\.p\.scope/],
    ['The access token has expired', /clock of this machine may be wrong/],
    [
      'IDX10222: Lifetime validation failed. The token is not yet valid.',
      /clock of this machine may be wrong/,
    ],
    ['Tenant provided in token does not match resource token', /another tenant.*az login --tenant/],
    ['Principal does not have access to API/Operation.', /needs the role 'Cognitive Services OpenAI User'/],
  ])('a refused token: %s', (words, hint) => {
    const entra = provider('azure-openai', { auth: 'entra', endpoint: 'acme' })
    const error = new GatewayError('upstream-auth', words, { details: { upstream: upstream(401) } })
    expect(explained(entra, error).message).toMatch(hint)
  })

  it('a content filter: which category', () => {
    const details = { categories: ['jailbreak', 'violence'] }
    const error = new GatewayError('content-filtered', 'The response was filtered', { details })
    expect(explained(azure(), error).message).toBe(
      "The response was filtered. The provider's content filter stopped this: jailbreak, violence",
    )
  })

  it('a model that the API does not serve', () => {
    const error = new GatewayError('invalid-request', 'no', {
      details: { upstreamCode: 'OperationNotSupported' },
    })
    expect(explained(azure(), error, 'codex').message).toContain("'protocol: responses'")
  })

  it('a local server that is not running', () => {
    const ollama = provider('openai-compatible', { baseUrl: 'http://localhost:11434/v1' })
    const error = new GatewayError('upstream-failed', 'connection refused')
    expect(explained(ollama, error).message).toBe('connection refused. Is ollama running at localhost:11434?')
  })

  it('nothing more is said of errors that the provider knows nothing about', () => {
    const error = new GatewayError('rate-limited', 'slow down')
    expect(explained(azure(), error)).toBe(error)
  })
})
