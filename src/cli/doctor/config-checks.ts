import type { ConfigIssue } from '../../config/issues.ts'
import type { Check, Facts, Fault } from './check.ts'

type Kind = 'missing' | 'unreadable' | 'variable' | 'placeholder' | 'endpoint' | 'other'

/** What kind of mistake a problem of the configuration is. */
function kindOf({ where, path, problem }: ConfigIssue): Kind {
  if (where === 'configuration') return 'missing'
  if (/not valid YAML|cannot be read|no such file/.test(problem)) return 'unreadable'
  if (/environment variable .* is (?:not set|empty)/.test(problem)) return 'variable'
  if (/placeholder/.test(problem)) return 'placeholder'
  const concernsAddress = /^providers\.[^.]+\.(?:endpoint|resource|baseUrl)$/.test(path)
  return concernsAddress || /does not say where it is/.test(problem) ? 'endpoint' : 'other'
}

function issues(kind: Kind, mend: (issue: ConfigIssue) => string): (facts: Facts) => readonly Fault[] {
  return ({ configIssues }) =>
    configIssues
      .filter((issue) => kindOf(issue) === kind)
      .map((issue) => ({
        finding: [issue.where, issue.path, issue.problem].filter((part) => part !== '').join(': '),
        mend: issue.fix === '' ? mend(issue) : issue.fix,
      }))
}

/** What may be wrong with the configuration. */
export const CONFIG_CHECKS: readonly Check[] = [
  {
    id: 'config-missing',
    area: 'config',
    title: 'There is no configuration',
    level: 'error',
    looksAt:
      '`--config`, `$DRAGOMAN_CONFIG`, `./dragoman.yaml`, the config folder, and the environment names of other proxies.',
    means: 'The gateway does not know where to send requests, and does not start.',
    mend: '`dragoman setup` writes a config file; `dragoman demo` needs none.',
    find: ({ configIssues }) =>
      configIssues
        .filter((issue) => kindOf(issue) === 'missing')
        .map(({ problem }) => ({ finding: problem, mend: 'dragoman setup' })),
  },
  {
    id: 'config-unreadable',
    area: 'config',
    title: 'The config file cannot be read',
    level: 'error',
    looksAt: 'Whether the file is there, may be read, and is YAML.',
    means: 'The gateway does not start; one that runs keeps its old configuration.',
    mend: 'The line is named. The commonest cause is `{ apiKey: ${NAME} }`, where YAML takes the brace for its own: write `"${NAME}"`.',
    find: issues('unreadable', () => 'Correct the line, then: dragoman config check'),
  },
  {
    id: 'variable-unset',
    area: 'config',
    title: 'A variable is not set',
    level: 'error',
    looksAt:
      'Every `${NAME}` in the config, in the environment and in the `.env` files beside the config and in the working folder.',
    means:
      'A key or an address would be empty. A gateway that a desktop program or a plugin starts has not read your shell profile.',
    mend: 'Write `NAME=value` into `.env` beside the config file, or give a default: `${NAME:-default}`.',
    find: issues('variable', () => 'Set it in .env beside the config file'),
  },
  {
    id: 'placeholder-key',
    area: 'config',
    title: 'A key is a placeholder',
    level: 'error',
    looksAt: 'Keys such as `your-api-key`, `sk-...`, `<key>` and `changeme`.',
    means: 'An example was copied without its key.',
    mend: 'Put the real key into `.env` and refer to it: `apiKey: "${NAME}"`.',
    find: issues('placeholder', () => 'Put the real key into .env and refer to it: "${NAME}"'),
  },
  {
    id: 'endpoint-form',
    area: 'config',
    title: 'An endpoint cannot be understood',
    level: 'error',
    looksAt: '`endpoint`, `resource` and `baseUrl` of every provider.',
    means:
      'An `endpoint` may be pasted in any form: a resource name, a host, a URL with or without path, a deployment or project URL. A `baseUrl` is exact. Plain `http://` is for this machine and private networks, for a key goes along.',
    mend: 'Copy the endpoint from the portal (Keys and Endpoint), or write the name of the resource alone.',
    find: issues(
      'endpoint',
      () => 'Copy the endpoint from the portal, or write the name of the resource alone',
    ),
  },
  {
    id: 'config-invalid',
    area: 'config',
    title: 'A setting is not understood',
    level: 'error',
    looksAt: 'Every key and value, against the schema.',
    means: 'Unknown keys are refused rather than ignored: a typing error would otherwise go unnoticed.',
    mend: 'The nearest known name is proposed. `dragoman config schema` gives editors the whole list.',
    find: issues('other', () => 'See docs/configuration.md, then: dragoman config check'),
  },
  {
    id: 'config-doubtful',
    area: 'config',
    title: 'A setting is probably not meant',
    level: 'warning',
    looksAt: 'Rules that are never reached, providers without a key, variables that are ignored.',
    means: 'The gateway starts, but does something else than it seems.',
    mend: '`dragoman config show` prints every setting with its origin.',
    find: ({ config }) =>
      (config?.warnings ?? []).map((warning) => ({ finding: warning, mend: 'dragoman config show' })),
  },
]
