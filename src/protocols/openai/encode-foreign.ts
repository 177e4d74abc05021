import type { Losses } from '../../ir/dropped.ts'
import type { Part } from '../../ir/part.ts'

/** The text that is left of another protocol's novelty; undefined where there is none. Either way it is reported. */
export function foreignText(
  part: Extract<Part, { kind: 'opaque' }>,
  path: string,
  protocol: 'Chat Completions' | 'Responses',
  losses: Losses,
): string | undefined {
  if (part.text === undefined) losses.content(path, `${part.origin} part that ${protocol} does not know`)
  else losses.approximated(path, `${part.origin} part, kept as its text`)
  return part.text
}
