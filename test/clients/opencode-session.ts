import { install, type Installed } from './install.ts'

const VERSION = '1.18.33'

export function installOpencode(): Promise<Installed> {
  const file = process.platform === 'win32' ? 'bin/opencode.exe' : 'bin/opencode'
  return install(`opencode-${process.platform}-${process.arch}`, VERSION, file)
}

/** Keeps it from asking the world for models and for itself. */
export const QUIET = { OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_AUTOUPDATE: '1' }
