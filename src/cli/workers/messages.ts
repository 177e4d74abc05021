import type { Config } from '../../config/config.ts'
import type { News } from '../../gateway/memory.ts'

/** What the primary tells a worker. */
export type ToWorker =
  /** Once, after the worker's `hello`: begin to serve, knowing what the others know. */
  | {
      readonly type: 'serve'
      readonly config: Config
      readonly instance: string
      /** How long the gateway runs already. Milliseconds. */
      readonly uptimeMs: number
      readonly workers: number
      readonly memory: readonly News[]
    }
  /** The config was edited. */
  | { readonly type: 'config'; readonly config: Config }
  /** Another worker found something out. */
  | { readonly type: 'news'; readonly news: News }
  /** So many workers serve now. */
  | { readonly type: 'workers'; readonly workers: number }
  /** Another one took this one's place: finish what is under way, then end. */
  | { readonly type: 'retire' }
  /** The gateway ends: finish within so many milliseconds. */
  | { readonly type: 'stop'; readonly drainMs: number }

/** What a worker tells the primary. */
export type FromWorker =
  /** It listens to messages. */
  | { readonly type: 'hello' }
  /** It accepts connections. */
  | { readonly type: 'ready'; readonly host: string; readonly port: number }
  /** It cannot serve, and ends. */
  | { readonly type: 'failed'; readonly problem: Problem }
  | { readonly type: 'news'; readonly news: News }

/** An error as plain data, with what tells why an address could not be had. */
export type Problem = { readonly message: string; readonly code?: string; readonly syscall?: string }

export function toProblem(thrown: unknown): Problem {
  if (!(thrown instanceof Error)) return { message: String(thrown) }
  return {
    message: thrown.message,
    ...('code' in thrown && { code: String(thrown.code) }),
    ...('syscall' in thrown && { syscall: String(thrown.syscall) }),
  }
}

export function fromProblem({ message, ...rest }: Problem): Error {
  return Object.assign(new Error(message), rest)
}
