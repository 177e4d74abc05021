import type { Check } from './check.ts'
import { CLAUDE_CHECKS } from './claude-checks.ts'
import { CONFIG_CHECKS } from './config-checks.ts'
import { GATEWAY_CHECKS } from './gateway-checks.ts'
import { MACHINE_CHECKS } from './machine-checks.ts'
import { UPSTREAM_CHECKS } from './upstream-checks.ts'

/** Everything that `dragoman doctor` looks at; `docs/troubleshooting.md` is made of it. */
export const CATALOGUE: readonly Check[] = [
  ...CONFIG_CHECKS,
  ...GATEWAY_CHECKS,
  ...UPSTREAM_CHECKS,
  ...CLAUDE_CHECKS,
  ...MACHINE_CHECKS,
]
