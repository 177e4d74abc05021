import { describe, expect, it } from 'vitest'
import { presence, watchPresence } from './plugin-watch.ts'

const enabled = (value: boolean) => JSON.stringify({ enabledPlugins: { 'dragoman@dragoman': value } })
const installed = (scope: string) =>
  JSON.stringify({ version: 2, plugins: { 'dragoman@elsewhere': [{ scope, version: '1.0.0' }] } })

describe('the plugin’s presence', () => {
  it.each([
    ['enabled for the user', enabled(true), installed('user'), 'enabled'],
    ['disabled', enabled(false), installed('user'), 'gone'],
    ['uninstalled', '{"enabledPlugins":{}}', '{"version":2,"plugins":{}}', 'gone'],
    ['without any settings left', undefined, undefined, 'gone'],
    ['enabled for one project', '{}', installed('project'), 'enabled'],
    ['another plugin', '{"enabledPlugins":{"dragon@dragoman":true}}', undefined, 'gone'],
    ['settings half written', '{"enabledPlugins":{"drag', undefined, 'unknown'],
    ['an empty file, about to be written', '', undefined, 'unknown'],
  ])('%s', (_, settings, list, expected) => {
    expect(presence(settings, list)).toBe(expected)
  })
})

/** A settings file in memory, and time that passes when it is told to. */
function watched(first: string) {
  const files: Record<string, string | undefined> = { '/home/.claude/settings.json': first }
  const timers = new Set<() => void>()
  const heard = { gone: 0 }
  const stop = watchPresence({
    settings: '/home/.claude/settings.json',
    read: (path) => files[path],
    watchFolder: () => () => {},
    every: (_, tick) => {
      timers.add(tick)
      return () => timers.delete(tick)
    },
    after: (_, then) => {
      const once = () => {
        timers.delete(once)
        then()
      }
      timers.add(once)
      return () => timers.delete(once)
    },
    gone: () => void (heard.gone += 1),
    failed: (thrown) => {
      throw thrown
    },
  })
  /** Lets every timer fire that is set now. */
  const pass = async () => {
    const due = Array.from(timers)
    for (const timer of due) timer()
    await new Promise(setImmediate)
  }
  const write = async (text: string | undefined) => {
    files['/home/.claude/settings.json'] = text
    await pass()
  }
  return { heard, stop, pass, write }
}

describe('watching the plugin', () => {
  it('notices that it was uninstalled, once', async () => {
    const { heard, write, pass } = watched(enabled(true))
    await write('{}')
    await pass()
    await pass()
    expect(heard.gone).toBe(1)
  })

  it('waits a moment, for an update takes it out and puts it back', async () => {
    const { heard, write, pass } = watched(enabled(true))
    await write('{}')
    expect(heard.gone).toBe(0)
    await write(enabled(true))
    await pass()
    expect(heard.gone).toBe(0)
  })

  it('does not take a file that is being written for an uninstalled plugin', async () => {
    const { heard, write, pass } = watched(enabled(true))
    await write('{"enabledPlu')
    await pass()
    expect(heard.gone).toBe(0)
  })

  it('misses no plugin that was never there', async () => {
    const { heard, write, pass } = watched('{}')
    await write('{"theme":"dark"}')
    await pass()
    expect(heard.gone).toBe(0)
  })

  it('notices nothing after it was stopped', async () => {
    const { heard, write, pass, stop } = watched(enabled(true))
    await write('{}')
    stop()
    await pass()
    expect(heard.gone).toBe(0)
  })
})
