import type { Losses } from '../../ir/dropped.ts'
import type { Part } from '../../ir/part.ts'

/** Reports a part of an answer that a client of this protocol cannot be shown. */
export function reportUnshown(
  part: Part,
  path: string,
  protocol: 'Chat Completions' | 'Responses',
  losses: Losses,
): void {
  if (part.kind === 'server-tool')
    losses.unsupported(path, `the ${part.phase} of ${part.name}, which ran at the provider, is not shown`)
  else losses.content(path, `${protocol} shows no ${part.kind} in an answer`)
}
