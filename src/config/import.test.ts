import { describe, expect, it } from 'vitest'
import { fromEnvironment } from './from-environment.ts'
import { environmentAsFile, referencedVariables } from './import.ts'
import { loadConfig, parseConfig } from './load.ts'

const ENV = {
  AZURE_OPENAI_ENDPOINT: 'acme',
  AZURE_OPENAI_KEY: 'azure-key-0123',
  GEMINI_API_KEY: 'gemini-key-0123',
  AZURE_OPENAI_MODEL_MAPPER: '4=four,gpt-4=four',
  BIG_MODEL: 'gpt-big',
  PORT: '1234',
  MAX_TOKENS_LIMIT: '4096',
  CUSTOM_HEADER_X_TEAM: 'secret-team',
  LOG_LEVEL: 'WARNING',
}

describe('an environment written down as a file', () => {
  const text = environmentAsFile(fromEnvironment(ENV, () => true))

  it('means the same as the environment', () => {
    const { config } = loadConfig({
      flags: {},
      env: ENV,
      cwd: '/',
      homedir: '/',
      platform: 'linux',
      readFile: () => undefined,
    })
    const { providers, models, server, log } = parseConfig(text, ENV)
    expect({ providers, models, server, log }).toEqual({
      providers: config.providers,
      models: config.models,
      server: config.server,
      log: config.log,
    })
  })

  it('holds no secret, and says which variables it needs', () => {
    expect(text).not.toMatch(/key-0123|secret-team/)
    expect(referencedVariables(text)).toEqual(['AZURE_OPENAI_KEY', 'GEMINI_API_KEY', 'CUSTOM_HEADER_X_TEAM'])
  })
})
