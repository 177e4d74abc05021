import { bifrost } from './bifrost.ts'
import { claudeCodeRouter } from './claude-code-router.ts'
import { direct } from './direct.ts'
import { dragoman } from './dragoman.ts'
import type { Gateway } from './gateway.ts'
import { litellm } from './litellm.ts'
import { nginx } from './nginx.ts'
import { portkey } from './portkey.ts'

/** All that can be measured: the rig itself, the limit, ourselves, the peers. */
export const GATEWAYS: readonly Gateway[] = [
  direct,
  nginx,
  dragoman,
  portkey,
  claudeCodeRouter,
  litellm,
  bifrost,
]

/** Measured in every suite; without them figures mean little. */
export const REFERENCES: readonly string[] = [direct.name, nginx.name]
