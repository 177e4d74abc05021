import type { Config } from '../../config/config.ts'
import type { ConfigIssue } from '../../config/issues.ts'
import type { Environment } from '../../config/paths.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Answering } from '../daemon/health.ts'
import type { LiveGateway } from '../daemon/find.ts'
import type { TargetReport } from '../probe/probe.ts'

/** Something that may be wrong: what is looked at, what it means, and how it is mended. The documentation is made of these. */
export type Check = {
  readonly id: string
  readonly area: Area
  readonly title: string
  readonly level: Level
  /** What is looked at. */
  readonly looksAt: string
  /** What users notice, and why. */
  readonly means: string
  /** The command or line that mends it, in general. */
  readonly mend: string
  /** What is wrong here and now. */
  readonly find: (facts: Facts) => readonly Fault[]
}

export type Area = 'config' | 'gateway' | 'upstreams' | 'claude' | 'machine'
/** An error keeps something from working; a warning may. */
export type Level = 'error' | 'warning'

/** One thing that is wrong, and the command or line that mends it. */
export type Fault = { readonly finding: string; readonly mend: string }

/** A fault with the check that found it. */
export type Finding = Fault & { readonly id: string; readonly title: string; readonly level: Level }

/** Everything that the checks look at. Collected once; the checks themselves touch nothing. */
export type Facts = {
  /** Without its `v`. */
  readonly nodeVersion: string
  readonly version: string
  readonly env: Environment
  readonly config: Config | undefined
  readonly configIssues: readonly ConfigIssue[]
  readonly gateway: LiveGateway | undefined
  /** Pid files of gateways that are gone; they have been removed. */
  readonly cleaned: readonly string[]
  /** Who listens on the configured port while our gateway does not run. */
  readonly portOwner: string | undefined
  /** Where this config's gateway is, or would be. */
  readonly gatewayUrl: string | undefined
  readonly claude: ClaudeFacts
  /** Undefined when nothing was sent. */
  readonly reports: readonly TargetReport[] | undefined
  /** How far this machine's clock is ahead of the servers of providers that sign in with Entra. */
  readonly clocks: readonly {
    readonly provider: string
    readonly host: string
    readonly aheadSeconds: number
  }[]
}

export type ClaudeFacts = {
  /** `~/.claude/settings.json`. */
  readonly file: string
  readonly problem: string | undefined
  readonly env: JsonObject
  /** What answers at its `ANTHROPIC_BASE_URL`, when that is on this machine. */
  readonly answering: Answering | undefined
  /** Undefined when Claude Code was never started here. */
  readonly onboarded: boolean | undefined
}

/** What every check finds, in the order of the catalogue. */
export function findAll(checks: readonly Check[], facts: Facts): readonly Finding[] {
  return checks.flatMap(({ id, title, level, find }) =>
    find(facts).map((fault) => ({ id, title, level, ...fault })),
  )
}
