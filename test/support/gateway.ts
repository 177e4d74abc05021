import { afterAll, afterEach } from 'vitest'
import { configOf } from '../../src/simulator/demo/config.ts'
import { createGateway, createLogger } from '../../src/index.ts'
import type { Gateway } from '../../src/index.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import type { Simulator, SimulatorOptions } from '../../src/simulator/simulator.ts'

export type TestGateway = {
  /** The gateway's base URL, without a trailing slash. */
  readonly url: string
  readonly gateway: Gateway
  /** What stands behind it. */
  readonly simulator: Simulator
  /** What the gateway logged, one parsed JSON line each. */
  readonly log: readonly Record<string, any>[]
  close(): Promise<void>
}

export type TestGatewayOptions = {
  /**
   * The config as YAML; `$UPSTREAM` stands for the simulator's base URL. Defaults to `EVERY_PROVIDER`. The port is
   * always a free one.
   */
  readonly config?: string
  readonly simulator?: SimulatorOptions
  /** Silence towards a streaming client after which pings start, in milliseconds. */
  readonly pingAfterMs?: number
  /** Ends after the test; `file` serves all tests of a file, for tables of hundreds of cells. */
  readonly lifetime?: 'test' | 'file'
}

/** A provider of every kind, and models that reach each of them. */
export const EVERY_PROVIDER = `
providers:
  azure:      { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1 }
  dated:      { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1, apiVersion: "2024-10-21" }
  foundry:    { type: azure-foundry, baseUrl: "$UPSTREAM/anthropic", apiKey: foundry-key-1 }
  openai:     { type: openai, baseUrl: "$UPSTREAM/v1", apiKey: openai-key-1 }
  claude:     { type: anthropic, baseUrl: "$UPSTREAM", apiKey: anthropic-key-1 }
  gemini:     { type: gemini, baseUrl: "$UPSTREAM", apiKey: gemini-key-1 }
  compatible: { type: openai-compatible, baseUrl: "$UPSTREAM/compatible/v1", apiKey: compatible-key-1 }
models:
  "claude-*": azure/gpt-5.2
  "gpt-*": foundry/claude-sonnet-4-6
  "*": azure/gpt-5.2
`

const running = new Map<TestGateway, 'test' | 'file'>()
const closeAll = async (of: readonly string[]) => {
  await Promise.all([...running].map(([one, lifetime]) => of.includes(lifetime) && one.close()))
}
afterEach(() => closeAll(['test']))
afterAll(() => closeAll(['test', 'file']))

/** Starts a simulator and a gateway before it, on free loopback ports; both end after the test, or after the file. */
export async function startGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const simulator = await startSimulator(options.simulator)
  const yaml = (options.config ?? EVERY_PROVIDER).replaceAll('$UPSTREAM', simulator.url)
  const log: Record<string, any>[] = []
  const logger = createLogger({
    level: 'debug',
    write: (line) => void log.push(JSON.parse(line)),
    now: () => new Date(),
  })
  const config = configOf(yaml)
  const { pingAfterMs } = options
  const gateway = await createGateway(
    { ...config, server: { ...config.server, port: 0 } },
    { log: logger, ...(pingAfterMs !== undefined && { pingAfterMs }) },
  )
  const { url } = await gateway.listen()
  const started: TestGateway = {
    url,
    gateway,
    simulator,
    log,
    async close() {
      running.delete(started)
      await gateway.close({ drainMs: 0 })
      await simulator.close()
    },
  }
  running.set(started, options.lifetime ?? 'test')
  return started
}
