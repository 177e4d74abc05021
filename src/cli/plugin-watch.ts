import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { watchFiles, type Watcher } from '../config/watch.ts'
import { asArray, asObject, isObject, parseJson, type JsonObject } from '../ir/json.ts'
import type { Logger } from '../log.ts'
import { settingsFile } from './connect/clients.ts'
import { run as disconnect } from './disconnect.ts'
import { readText } from './find-options.ts'
import type { Io } from './io.ts'
import { pluginPlace } from './plugin/place.ts'
import { stopTimer, watchFolder } from './watching.ts'

/** What Claude Code's own files say about the plugin. */
export type Presence =
  | 'enabled'
  /** Disabled, or uninstalled. */
  | 'gone'
  /** A file is being written, or broken: nothing can be said. */
  | 'unknown'

/**
 * Reads whether the plugin is there.
 *
 * @param settings the text of Claude Code's user settings, which enable plugins for the user
 * @param installed the text of `plugins/installed_plugins.json`, which lists those of single projects too
 */
export function presence(settings: string | undefined, installed: string | undefined): Presence {
  const enabled = readObject(settings)?.enabledPlugins
  const plugins = readObject(installed)?.plugins
  if (Object.entries(asObject(enabled)).some(([id, value]) => isOurs(id) && value !== false)) return 'enabled'
  const projects = Object.entries(asObject(plugins)).flatMap(([id, places]) =>
    isOurs(id) ? asArray(places) : [],
  )
  if (projects.some((place) => asObject(place).scope !== 'user')) return 'enabled'
  const unreadable = [settings, installed].some(
    (text) => text !== undefined && readObject(text) === undefined,
  )
  return unreadable ? 'unknown' : 'gone'
}

function isOurs(id: string): boolean {
  return id.startsWith('dragoman@')
}

function readObject(text: string | undefined): JsonObject | undefined {
  const value = parseJson((text ?? '').replace(/^\uFEFF/, ''))
  return isObject(value) ? value : undefined
}

export type PresenceOptions = Watcher & {
  /** Claude Code's user settings. */
  readonly settings: string
  readonly gone: () => void | Promise<void>
  readonly failed: (thrown: unknown) => void
}

/** An update may take the plugin out and put it back. Milliseconds. */
const GRACE_MS = 1000

/**
 * Watches for the moment when the plugin is disabled or uninstalled, and calls `gone` once. A plugin that was never seen
 * there (loaded from a folder, or enabled for one project) is not missed.
 *
 * @returns stops watching
 */
export function watchPresence(options: PresenceOptions): () => void {
  const { settings, read, after, gone, failed } = options
  const installed = join(dirname(settings), 'plugins', 'installed_plugins.json')
  const look = () => presence(read(settings), read(installed))
  let seen = look() === 'enabled'
  let pending: (() => void) | undefined
  const stopFiles = watchFiles({
    ...options,
    files: [settings, installed],
    folderOf: dirname,
    changed() {
      const now = look()
      seen ||= now === 'enabled'
      if (now === 'gone' && seen) pending ??= after(GRACE_MS, confirm)
    },
  })
  return stop

  function confirm() {
    pending = undefined
    if (look() !== 'gone') return
    stop()
    Promise.resolve().then(gone).catch(failed)
  }
  function stop() {
    pending?.()
    stopFiles()
  }
}

/**
 * For a gateway that the Claude Code plugin started: uninstalling runs nothing of the plugin's, and would leave Claude Code
 * with a gateway that nobody starts any more. So the gateway itself takes its lines out of the settings, and ends.
 *
 * @param end ends this gateway after the answers under way
 * @returns stops watching
 */
export function watchPlugin(io: Io, log: Logger, end: () => void): () => void {
  const place = pluginPlace(io)
  return watchPresence({
    settings: settingsFile('claude', io),
    read: readQuietly,
    watchFolder,
    every: (ms, tick) => stopTimer(setInterval(tick, ms)),
    after: (ms, then) => stopTimer(setTimeout(then, ms)),
    async gone() {
      let said = ''
      const write = (text: string) => void (said += text)
      await disconnect(
        { text: { config: place.configFile }, on: new Set(), positionals: ['claude'] },
        { ...io, write, writeError: write, color: false, errorColor: false },
      )
      for (const name of ['plugin.json', 'plugin-options.json'])
        rmSync(join(place.stateDir, name), { force: true })
      // This process has read its program long since.
      rmSync(place.runtimeFolder, { recursive: true, force: true })
      log.info('The plugin was uninstalled or disabled; this gateway ends', {
        settings: said.trim().split('\n'),
      })
      end()
    },
    failed: (error) => log.error("Claude Code's settings could not be restored", { error }),
  })
}

/** A file that is being replaced may be unreadable for a moment. */
function readQuietly(path: string): string | undefined {
  try {
    return readText(path)
  } catch {
    return ''
  }
}
