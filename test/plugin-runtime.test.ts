/** The Claude Code plugin in `plugin/`: what is installed from a Git repository is these files and nothing else. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SOURCES_FILE, sourcesHash } from '../scripts/build-plugin/sources.ts'
import { packageVersion } from '../scripts/build/package.ts'
import { optionsFrom } from '../src/cli/plugin/options.ts'
import { PLUGIN_HELP } from '../src/cli/plugin/help.ts'

const ROOT = join(import.meta.dirname, '..')
const PLUGIN = join(ROOT, 'plugin')
const read = (...path: string[]) => readFileSync(join(PLUGIN, ...path), 'utf8')
const manifest = JSON.parse(read('.claude-plugin', 'plugin.json'))

describe('the plugin', () => {
  it('carries a runtime that was built from these sources: `npm run build:plugin` renews it', () => {
    expect(read('runtime', SOURCES_FILE).trim()).toBe(sourcesHash(ROOT))
  })

  it('has the version of the package', () => {
    expect(manifest.version).toBe(packageVersion(ROOT))
  })

  it('names the licence of every package in its runtime', () => {
    const bundled = read('runtime', 'dragoman.mjs').matchAll(
      /^\s*\/\/.*?\bnode_modules\/((?:@[^/\s]+\/)?[^/\s]+)/gm,
    )
    const names = new Set([...bundled].map(([, name]) => name))
    expect(names.size).toBeGreaterThan(2)
    const licences = read('runtime', 'LICENSES.txt')
    for (const name of names) expect(licences).toMatch(new RegExp(`^${name} \\d`, 'm'))
  })

  it('has an executable that Git keeps executable', () => {
    expect(statSync(join(PLUGIN, 'bin', 'dragoman')).mode & 0o111).toBe(0o111)
  })

  it('has a command for everything that its help lists, each calling the one of its name', () => {
    const listed = [...PLUGIN_HELP.matchAll(/^ {2}\/dragoman:(\w+)/gm)].map(([, name]) => name)
    const commands = readdirSync(join(PLUGIN, 'commands')).map((file) => file.replace(/\.md$/, ''))
    expect(commands.toSorted()).toEqual([...listed, 'help'].toSorted())
    for (const name of commands) {
      const text = read('commands', `${name}.md`)
      expect(text).toContain(`!\`"\${CLAUDE_PLUGIN_ROOT}/bin/dragoman" plugin ${name}`)
      expect(text).toContain('allowed-tools: Bash("${CLAUDE_PLUGIN_ROOT}/bin/dragoman":*)')
    }
  })

  it('reads every option that it declares', () => {
    const names = Object.keys(manifest.userConfig)
    for (const name of names) {
      const options = optionsFrom({ [`CLAUDE_PLUGIN_OPTION_${name.toUpperCase()}`]: 'x' })
      expect(Object.values(options), name).toEqual(['x'])
    }
    expect(manifest.userConfig.api_key.sensitive).toBe(true)
  })

  it('stands in the marketplace of this repository', () => {
    const marketplace = JSON.parse(readFileSync(join(ROOT, '.claude-plugin', 'marketplace.json'), 'utf8'))
    expect(marketplace.plugins).toMatchObject([{ name: manifest.name, source: './plugin' }])
    expect(existsSync(join(PLUGIN, manifest.icon))).toBe(true)
  })
})
