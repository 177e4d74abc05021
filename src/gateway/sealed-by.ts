import { openSeal } from '../ir/seal.ts'

const QUOTED_PREFIX = '"dg1.'

/**
 * Who sealed the latest envelope in a request's body, read from its bytes without parsing them. Undefined when there is
 * none, or it is not genuine: where it stands does not matter, for the answer only orders targets.
 */
export function sealerOf(body: Buffer, secret: string): { provider: string; model: string } | undefined {
  const at = body.lastIndexOf(QUOTED_PREFIX)
  if (at < 0) return undefined
  const end = body.indexOf('"', at + 1)
  const seal = end < 0 ? undefined : openSeal(body.toString('latin1', at + 1, end), secret)
  return seal?.issuer === undefined || seal.model === undefined
    ? undefined
    : { provider: seal.issuer, model: seal.model }
}
