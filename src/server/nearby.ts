import { barePath, ROUTES } from './routes.ts'

/** The routes that somebody who asked for `path` most likely meant, as `METHOD /path`; at most three. */
export function nearbyRoutes(path: string): readonly string[] {
  const asked = barePath(path.slice(0, 200))
  const ranked = ROUTES.filter((route) => route.open === undefined)
    .map((route) => ({ name: `${route.method} ${route.path}`, far: distance(asked, barePath(route.path)) }))
    .filter(({ far }) => far <= 4)
    .toSorted((a, b) => a.far - b.far)
  const near = ranked.slice(0, 3).map(({ name }) => name)
  return near.length > 0 ? near : ['POST /v1/messages', 'POST /v1/chat/completions', 'GET /v1/models']
}

/** Zero for a route under a foreign prefix (a base URL with a folder too many), else the edit distance. */
function distance(asked: string, offered: string): number {
  return asked.endsWith(offered) ? 0 : editDistance(asked, offered)
}

function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= right.length; column += 1) {
      const swap = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1)
      current.push(Math.min(swap, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[right.length] ?? 0
}
