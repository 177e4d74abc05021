import type { Logger } from '../../log.ts'
import { lookFor } from './identity.ts'
import { readRecord, removeRecord, writeRecord, type GatewayRecord } from './record.ts'

/**
 * Writes down that this process is the gateway of its config, unless another one is already. A folder that cannot be
 * written to (a container's) is no reason not to serve.
 *
 * @returns takes the record away again
 */
export async function announce(file: string, record: GatewayRecord, log: Logger): Promise<() => void> {
  const other = readRecord(file)
  if (other !== undefined && (await lookFor(other)).state !== 'gone') {
    log.warn('Another gateway runs with this config; "dragoman stop" and "status" go to that one', {
      pid: other.pid,
      port: other.port,
    })
    return () => {}
  }
  try {
    writeRecord(file, record)
  } catch (error) {
    log.warn('The pid file was not written; "dragoman stop" and "status" will not find this gateway', {
      file,
      error,
    })
  }
  return () => removeRecord(file, record.instance)
}
