import type { Exchange } from './exchange.ts'
import { isLesson } from './learn-tokens.ts'

/** Lets go of a request whose streamed answer has begun, unless the log or a lesson wants it at the end. */
export function releaseRequest(exchange: Exchange): void {
  if (exchange.deps.settings.logBodies) return
  exchange.isLesson = isLesson(exchange)
  if (!exchange.isLesson) exchange.release()
}
