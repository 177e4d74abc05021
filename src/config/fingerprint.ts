import { hash } from 'node:crypto'
import type { Config } from './config.ts'

/** The same for two processes exactly when they were given the same config, wherever they listen. */
export function fingerprint({ server: _, ...config }: Config): string {
  return hash('sha256', JSON.stringify(config))
}
