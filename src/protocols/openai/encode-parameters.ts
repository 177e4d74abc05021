import { createHash } from 'node:crypto'
import type { Losses } from '../../ir/dropped.ts'
import type { ModelRequest } from '../../ir/request.ts'

/** When a model takes sampling parameters. */
export type SamplingDialect = {
  readonly sampling: 'all' | 'temperature-or-top-p' | 'with-effort-none' | 'none'
}

export function takesSampling(effort: unknown, { sampling }: SamplingDialect): boolean {
  return sampling === 'with-effort-none' ? effort === 'none' : sampling !== 'none'
}

/** Writes one parameter where the model samples as it is told, and reports it elsewhere. */
export type PutSampling = (name: string, value: unknown) => void

/** Writes temperature and top-p, and gives the writer for what else a protocol has of that kind. */
export function encodeSampling(
  request: ModelRequest,
  effort: unknown,
  dialect: SamplingDialect,
  losses: Losses,
  fields: Record<string, unknown>,
): PutSampling {
  const accepted = takesSampling(effort, dialect)
  const put: PutSampling = (name, value) => {
    if (value === undefined) return
    if (accepted) fields[name] = value
    else losses.unsupported(name, 'this model samples in its own way')
  }
  const oneOnly = dialect.sampling === 'temperature-or-top-p'
  put('temperature', request.temperature)
  if (oneOnly && request.temperature !== undefined && request.topP !== undefined)
    losses.unsupported('top_p', 'this model takes it without temperature only')
  else put('top_p', request.topP)
  return put
}

/** `safety_identifier` holds 128 characters, `user` 64; Claude Code's identity is longer than both. */
export function encodeUser(
  { user }: ModelRequest,
  { userField }: { readonly userField: 'safety_identifier' | 'user' | 'none' },
  losses: Losses,
  fields: Record<string, unknown>,
): void {
  if (user === undefined) return
  if (userField === 'none') {
    losses.unsupported('user')
    return
  }
  const tooLong = user.length > (userField === 'user' ? 64 : 128)
  if (tooLong) losses.approximated('user', 'too long: sent as its SHA-256')
  fields[userField] = tooLong ? createHash('sha256').update(user).digest('hex') : user
}
