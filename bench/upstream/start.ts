import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Scenario } from '../traffic/answer.ts'
import type { MockCommand, MockReport } from './mock.ts'

/** A request as the upstream received it. */
export type Captured = Pick<Extract<MockReport, { type: 'captured' }>, 'protocol' | 'body'>

/** The mock upstream, as the benchmark sees it. */
export type Mock = {
  readonly port: number
  readonly pid: number
  answer(scenario: Scenario): Promise<void>
  /** Resolves when the next request will be kept; its `request` resolves when that came. */
  capture(): Promise<{ request: Promise<Captured> }>
  /** Requests since this was last asked. */
  count(): Promise<number>
  stop(): void
}

/** Starts it on the core on which this process runs. */
export async function startMock(): Promise<Mock> {
  const child = fork(join(import.meta.dirname, 'mock.ts'), { execArgv: [], serialization: 'json' })
  const { port } = await next(child, 'listening')
  const ask = async <T extends MockReport['type']>(command: MockCommand, type: T) => {
    const reply = next(child, type)
    child.send(command)
    return reply
  }
  return {
    port,
    pid: child.pid!,
    answer: async (scenario) => void (await ask({ type: 'answer', scenario }, 'answering')),
    async capture() {
      const request = next(child, 'captured')
      await ask({ type: 'capture' }, 'answering')
      return { request }
    },
    count: async () => (await ask({ type: 'count' }, 'count')).requests,
    stop: () => child.disconnect(),
  }
}

async function next<T extends MockReport['type']>(
  child: ChildProcess,
  type: T,
): Promise<Extract<MockReport, { type: T }>> {
  for (;;) {
    const [report] = (await once(child, 'message')) as [MockReport]
    if (report.type === type) return report as Extract<MockReport, { type: T }>
  }
}
