/** A place in the config: keys and list indexes from the top. */
export type Path = readonly (string | number)[]

/** One thing that is wrong with the configuration. */
export type ConfigIssue = {
  /** `dragoman.yaml:7`, `env PORT`, `flag --port`. */
  readonly where: string
  /** `providers.azure.endpoint`; empty when the whole file is meant. */
  readonly path: string
  /** What is wrong. Never holds a secret. */
  readonly problem: string
  /** What to do about it. */
  readonly fix: string
}

/** Everything that is wrong with the configuration, at once. */
export class ConfigError extends Error {
  readonly issues: readonly ConfigIssue[]
  /** sysexits' EX_CONFIG. */
  readonly exitCode = 78

  constructor(issues: readonly ConfigIssue[]) {
    super(issues.map(describeIssue).join('\n'))
    this.name = 'ConfigError'
    this.issues = issues
  }
}

/** One line: where, path, problem, what to do. */
export function describeIssue(issue: ConfigIssue): string {
  const subject = [issue.where, issue.path].filter((part) => part !== '').join(': ')
  return `${subject}: ${issue.problem}${issue.fix === '' ? '' : `. ${issue.fix}`}`
}

/** `providers.azure.apiKey`, `auth.keys[0]`, `models["gpt-5.6*"]`. */
export function showPath(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (/^[\w$-]+$/.test(step)) text += text === '' ? step : `.${step}`
    else text += `[${JSON.stringify(step)}]`
  }
  return text
}

/** Collects problems while a configuration is read; a place is complained about once. */
export class Issues {
  readonly #issues: { issue: ConfigIssue; path: Path }[] = []
  readonly #locate: (path: Path) => string

  /** `locate` says where a value came from. */
  constructor(locate: (path: Path) => string) {
    this.#locate = locate
  }

  /** Records a problem unless this very value already has one. */
  add(path: Path, problem: string, fix: string): void {
    const shown = showPath(path)
    if (this.#issues.some(({ issue }) => issue.path === shown)) return
    this.#issues.push({ path, issue: { where: this.#locate(path), path: shown, problem, fix } })
  }

  /** In the order of the file: by line, then as found. */
  list(): readonly ConfigIssue[] {
    return this.#issues.map(({ issue }) => issue).toSorted((a, b) => lineOf(a) - lineOf(b))
  }

  /** @throws ConfigError when anything was recorded. */
  throwIfAny(): void {
    if (this.#issues.length > 0) throw new ConfigError(this.list())
  }
}

function lineOf(issue: ConfigIssue): number {
  return Number(/:(\d+)/.exec(issue.where)?.[1] ?? 0)
}
