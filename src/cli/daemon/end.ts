import { setTimeout as sleep } from 'node:timers/promises'
import { lookFor } from './identity.ts'
import { isAlive } from './identity.ts'
import { removeRecord } from './record.ts'
import type { LiveGateway } from './find.ts'

/** A gateway drains for 30 seconds at most; the rest is for its exit. Milliseconds. */
const PATIENCE_MS = 35_000
const LOOK_EVERY_MS = 25
/** After this time people want to know what is waited for. Milliseconds. */
const QUICK_MS = 700

export type Ended = 'ended' | 'still-running'

/**
 * Tells a gateway to stop, and waits until its answers are finished and it is gone.
 *
 * @param options.force a second signal follows at once: answers under way are cut
 * @param options.waiting called once when it takes longer than a moment
 */
export async function end(
  { record, recordFile }: LiveGateway,
  options: { readonly force: boolean; readonly waiting: () => void },
): Promise<Ended> {
  // It may have ended, and its pid been given away, since it was found.
  if ((await lookFor(record)).state === 'gone') return finish()
  signal(record.pid)
  const asked = Date.now()
  let forced = false
  let told = false
  while (isAlive(record.pid)) {
    const waited = Date.now() - asked
    if (waited > PATIENCE_MS) return 'still-running'
    if (options.force && !forced && waited > 100) {
      forced = true
      signal(record.pid)
    }
    if (!told && waited > QUICK_MS) {
      told = true
      options.waiting()
    }
    await sleep(LOOK_EVERY_MS)
  }
  return finish()

  function finish(): Ended {
    removeRecord(recordFile, record.instance)
    return 'ended'
  }
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown
  }
}
