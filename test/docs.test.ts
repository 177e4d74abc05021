/** Pages do not rot: links lead somewhere, and every config that a page shows is accepted. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../src/config/load.ts'

const ROOT = join(import.meta.dirname, '..')
const pages = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...['docs', 'examples', 'deploy'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
]
const read = (page: string) => readFileSync(join(ROOT, page), 'utf8')

/** A value for every variable that a page's config names. */
const envFor = (config: string): Record<string, string> =>
  Object.fromEntries(
    [...config.matchAll(/\$\{(\w+)/g)].map((match) => [match[1] ?? '', 'a-key-of-some-length']),
  )

describe.each(pages)('%s', (page) => {
  const text = read(page)

  it('links to what is there', () => {
    const links = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)/g)].map((match) => match[1] ?? '')
    expect(links.filter((link) => !existsSync(join(ROOT, dirname(page), link)))).toEqual([])
  })

  const configs = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')
  it.runIf(configs.some((config) => config.includes('providers:')))('shows configs that are accepted', () => {
    for (const config of configs.filter((yaml) => yaml.includes('providers:') && yaml.includes('models:'))) {
      expect(parseConfig(config, envFor(config)).models, config).not.toEqual([])
    }
  })
})
