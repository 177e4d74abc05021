import type { Losses } from '../../ir/dropped.ts'
import type { Part } from '../../ir/part.ts'
import { reportForeign } from './extensions.ts'

/** What of a part a client can be shown: its text. All else is reported. */
export function answerText(part: Part, path: string, losses: Losses): string {
  reportForeign(path, part.ext, losses)
  switch (part.kind) {
    case 'text':
      if (part.citations !== undefined) losses.unsupported(`${path}.citations`)
      return part.text
    case 'refusal':
      losses.approximated(path, 'a refusal as text')
      return part.text
    case 'reasoning':
    case 'server-tool':
      losses.unsupported(path, `a text completion shows no ${part.kind}`)
      return ''
    case 'tool-call':
    case 'tool-result':
    case 'tool-reference':
    case 'media':
    case 'opaque':
      losses.content(path, `a text completion shows no ${part.kind}`)
      return ''
    default:
      return part satisfies never
  }
}
