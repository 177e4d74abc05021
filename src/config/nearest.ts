/**
 * The known name that a mistyped one most likely meant; undefined when none is near. Case and the separators
 * `-` and `_` do not count: people write `api_key` for `apiKey`.
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const wanted = plain(name)
  let best: string | undefined
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1
  for (const candidate of known) {
    const other = plain(candidate)
    const [short, long] = wanted.length < other.length ? [wanted, other] : [other, wanted]
    // `logging` for `log`, `key` for `keys`.
    const distance = short.length >= 3 && long.startsWith(short) ? 1 : editDistance(wanted, other)
    if (distance < least) [best, least] = [candidate, distance]
  }
  return best
}

/** "Did you mean …?", or the names that exist. */
export function suggest(name: string, known: readonly string[]): string {
  const near = nearest(name, known)
  if (near !== undefined) return `Did you mean \`${near}\`?`
  return known.length === 0 ? '' : `Known here: ${known.map((each) => `\`${each}\``).join(', ')}`
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '')
}

/** Insertions, deletions, substitutions and swaps of neighbours, each at 1. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1)
      row.push(cost)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}
