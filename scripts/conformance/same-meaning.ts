import type { Target } from '../../src/gateway/target.ts'
import type { RequestSummary } from './semantics.ts'
export function sameRequest(want: RequestSummary, _got: RequestSummary, _target: Target): RequestSummary {
  return want
}
