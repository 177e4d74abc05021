/** The soak's gateway, a process of its own, which tells how it does when asked. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createGateway, createLogger, parseConfig } from '../../src/index.ts'

export type Vitals = {
  /** Bytes in use after a full collection. */
  readonly heap: number
  /** Bytes of buffers outside of the heap. */
  readonly buffers: number
  /** How late the event loop was, in milliseconds. */
  readonly lag: { readonly p50: number; readonly p99: number; readonly max: number }
  readonly logged: number
}

const upstream = process.argv[2] ?? ''
const config = parseConfig(`
server: { port: 0 }
retries: 1
timeouts: { connect: 2s, firstByte: 4s, idle: 2s }
providers:
  azure:     { type: azure-openai, endpoint: "${upstream}", apiKey: azure-key-1, protocol: chat }
  responses: { type: openai, baseUrl: "${upstream}/v1", apiKey: openai-key-1, protocol: responses }
  foundry:   { type: azure-foundry, baseUrl: "${upstream}/anthropic", apiKey: foundry-key-1 }
  gemini:    { type: gemini, baseUrl: "${upstream}", apiKey: gemini-key-1 }
models:
  both: [azure/gpt-4.1, foundry/claude-sonnet-4-5]
  shared: { balance: [azure/gpt-4.1, responses/gpt-4.1] }
  "*": azure/gpt-4.1
`)
let logged = 0
const log = createLogger({ level: 'info', write: () => void (logged += 1), now: () => new Date() })
const gateway = await createGateway(config, { log })
const { url } = await gateway.listen()
const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()

process.on('message', () => {
  globalThis.gc?.()
  const vitals: Vitals = {
    heap: process.memoryUsage().heapUsed,
    buffers: process.memoryUsage().external,
    lag: { p50: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 },
    logged,
  }
  process.send?.(vitals)
})
process.on('disconnect', () => process.exit(0))
process.send?.({ url })
