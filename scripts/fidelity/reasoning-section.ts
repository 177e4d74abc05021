import { CLIENTS, EVENTS, ISSUERS, REASONING_MATRIX, type Outcome } from './reasoning.ts'
import type { ClientId, EventId, IssuerId } from './reasoning.ts'

const INTRODUCTION = `## Reasoning between turns

What a model thought before a tool call, when the conversation goes on: every cell is a conversation that
\`test/e2e/reasoning-matrix.test.ts\` holds with upstreams that refuse any seal but their own. None of them fails.

- **restored**: goes back to the upstream byte for byte
- **left out**: does not go back, for the target cannot read it; \`x-dragoman-dropped\` says \`foreign-seal\`
- **without**: there is nothing to go back; the upstream gets a request that it accepts all the same

Chat has no slot for reasoning. A client that returns the \`reasoning_details\` or \`reasoning_content\` that it got keeps
them across restarts; for any other Dragoman remembers them by their tool call, in memory. So it does for Responses clients that
leave reasoning items out; what passes through to a vendor's own Responses API is not touched, and goes without. Replicas and
restarts share seals when they share the \`secret\`.
`

const WORDS: Readonly<Record<Outcome, string>> = {
  restored: 'restored',
  'left out': '**left out**',
  without: 'without',
}

/** The section of the fidelity page on reasoning: one table for each issuer. */
export function reasoningSection(): string {
  const events = Object.keys(EVENTS) as EventId[]
  const clients = Object.keys(CLIENTS) as ClientId[]
  const tables = (Object.keys(ISSUERS) as IssuerId[]).map((issuer) => {
    const rows = clients.map((client) => {
      const outcomes = events.map((event) => WORDS[REASONING_MATRIX[issuer][client][event]])
      return `| ${CLIENTS[client]} | ${outcomes.join(' | ')} |`
    })
    return [
      `### ${ISSUERS[issuer]}\n`,
      `| | ${events.map((event) => EVENTS[event]).join(' | ')} |`,
      `| --- |${' --- |'.repeat(events.length)}`,
      ...rows,
      '',
    ].join('\n')
  })
  return [INTRODUCTION, ...tables].join('\n')
}
