import { rmSync } from 'node:fs'
import type { Arguments } from '../command.ts'
import type { Io } from '../io.ts'
import { lookFor, type Found } from './identity.ts'
import { findPlace, type GatewayPlace } from './place.ts'
import { readRecord, recordFiles, type GatewayRecord } from './record.ts'

/** A gateway that is there. */
export type LiveGateway = {
  readonly record: GatewayRecord
  readonly recordFile: string
  readonly found: Exclude<Found, { state: 'gone' }>
}

export type Search = {
  readonly place: GatewayPlace
  /** The gateway that is meant: that of this config, else the only one there is when no config was named. */
  readonly gateway: LiveGateway | undefined
  /** Others of this state folder. */
  readonly others: readonly LiveGateway[]
  /** What was left behind by gateways that ended without tidying up, in sentences; it is gone now. */
  readonly cleaned: readonly string[]
}

/** Finds the gateways of this state folder, and takes away the records of those that are gone. */
export async function findGateways(args: Arguments, io: Io): Promise<Search> {
  const place = await findPlace(args, io)
  const cleaned: string[] = []
  const looks = recordFiles(place.stateDir).map(async (recordFile): Promise<LiveGateway | undefined> => {
    const record = readRecord(recordFile)
    const found: Found =
      record === undefined ? { state: 'gone', reason: 'it cannot be read' } : await lookFor(record)
    if (record !== undefined && found.state !== 'gone') return { record, recordFile, found }
    // A gateway that started meanwhile has replaced the record.
    if (readRecord(recordFile)?.instance === record?.instance) {
      rmSync(recordFile, { force: true })
      if (found.state === 'gone') cleaned.push(`Removed the stale pid file ${recordFile}: ${found.reason}`)
    }
    return undefined
  })
  const live = (await Promise.all(looks)).filter((gateway) => gateway !== undefined)
  const own = live.find(({ recordFile }) => recordFile === place.recordFile)
  const only = args.text.config === undefined && live.length === 1 ? live[0] : undefined
  const gateway = own ?? only
  return { place, gateway, others: live.filter((each) => each !== gateway), cleaned }
}
