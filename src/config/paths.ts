import { posix, win32 } from 'node:path'

/** Environment variables as the process got them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What the platform's folders depend on. */
export type Place = {
  readonly platform: NodeJS.Platform
  readonly homedir: string
  readonly env: Environment
}

/** The path rules of a platform, whichever platform we run on. */
export function pathOf(platform: NodeJS.Platform): typeof posix {
  return platform === 'win32' ? win32 : posix
}

/** Where the user's config file lives: XDG on Linux, the platform's own folder elsewhere. */
export function configFolder(place: Place): string {
  const path = pathOf(place.platform)
  return path.join(baseFolder(place, 'XDG_CONFIG_HOME', '.config', 'APPDATA', 'Roaming'), 'dragoman')
}

/** Where pid, log, secret and ledger live: `DRAGOMAN_STATE_DIR` as it is, else the platform's state folder. */
export function stateFolder(place: Place): string {
  const own = place.env.DRAGOMAN_STATE_DIR
  if (own !== undefined && own !== '') return own
  const path = pathOf(place.platform)
  return path.join(baseFolder(place, 'XDG_STATE_HOME', '.local/state', 'LOCALAPPDATA', 'Local'), 'dragoman')
}

function baseFolder(place: Place, xdg: string, unix: string, windows: string, appData: string): string {
  const path = pathOf(place.platform)
  if (place.platform === 'win32') {
    return absolute(place, windows) ?? path.join(place.homedir, 'AppData', appData)
  }
  if (place.platform === 'darwin') return path.join(place.homedir, 'Library', 'Application Support')
  // The XDG specification has relative paths ignored.
  return absolute(place, xdg) ?? path.join(place.homedir, unix)
}

function absolute(place: Place, name: string): string | undefined {
  const value = place.env[name]
  return value !== undefined && pathOf(place.platform).isAbsolute(value) ? value : undefined
}
