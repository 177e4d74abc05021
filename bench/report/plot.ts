import type { Series } from '../suites/growth-suite.ts'

const WIDTH = 360
const HEIGHT = 240
const MARGIN = { left: 56, right: 16, top: 28, bottom: 44 }
const COLUMNS = 2

/** Series side by side as one SVG, both axes logarithmic; the dashed line is what growth in proportion would be. */
export function plot(series: readonly Series[]): string {
  const drawn = series.filter(({ points }) => points.length > 1)
  const rows = Math.ceil(drawn.length / COLUMNS)
  const panels = drawn.map((one, index) => {
    const x = (index % COLUMNS) * WIDTH
    const y = Math.floor(index / COLUMNS) * HEIGHT
    return `<g transform="translate(${x} ${y})">${panel(one)}</g>`
  })
  const [width, height] = [WIDTH * COLUMNS, HEIGHT * rows]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...panels,
    '</svg>',
    '',
  ].join('\n')
}

function panel({ name, by, per, points }: Series): string {
  const across = scale(
    points.map(({ at }) => at),
    MARGIN.left,
    WIDTH - MARGIN.right,
  )
  const costs = points.map(({ cpu }) => cpu)
  const up = scale([...costs, ...costs.map((cost) => cost * 2)], HEIGHT - MARGIN.bottom, MARGIN.top)
  const [first, last] = [points[0]!, points.at(-1)!]
  const line = points.map(({ at, cpu }) => `${across(at)},${up(cpu)}`).join(' ')
  // In proportion to the last point, back to where it leaves the panel.
  const from = Math.max(first.at, (last.at * Math.min(...costs)) / last.cpu)
  const proportion = `${across(from)},${up((last.cpu * from) / last.at)} ${across(last.at)},${up(last.cpu)}`
  return [
    label(MARGIN.left, 16, `${name}: CPU µs per ${per}`, 'start', 'bold'),
    `<polyline points="${proportion}" fill="none" stroke="#999" stroke-dasharray="4 3"/>`,
    `<polyline points="${line}" fill="none" stroke="#0b62a4" stroke-width="2"/>`,
    ...points.map(({ at, cpu }) => `<circle cx="${across(at)}" cy="${up(cpu)}" r="3" fill="#0b62a4"/>`),
    ...ticks(points.map(({ at }) => at)).map((at) =>
      label(across(at), HEIGHT - MARGIN.bottom + 16, short(at), 'middle'),
    ),
    label((WIDTH + MARGIN.left) / 2, HEIGHT - 8, by, 'middle'),
    ...[...new Set([Math.min(...costs), Math.max(...costs)])].map((cost) =>
      label(MARGIN.left - 6, up(cost) + 4, short(Math.round(cost)), 'end'),
    ),
    `<path d="M${MARGIN.left} ${MARGIN.top}V${HEIGHT - MARGIN.bottom}H${WIDTH - MARGIN.right}" fill="none" stroke="black"/>`,
  ].join('\n')
}

/** Values → places, logarithmic. Nought counts as one. */
function scale(values: readonly number[], start: number, end: number): (value: number) => number {
  const logs = values.map((value) => Math.log10(Math.max(1, value)))
  const low = Math.min(...logs)
  const range = Math.max(...logs) - low || 1
  return (value) =>
    Math.round((start + ((Math.log10(Math.max(1, value)) - low) / range) * (end - start)) * 10) / 10
}

/** First, middle and last: more would overlap. */
const ticks = (values: readonly number[]): number[] => [
  ...new Set([values[0]!, values[values.length >> 1]!, values.at(-1)!]),
]

const short = (value: number): string => value.toLocaleString('en-US')

const label = (x: number, y: number, text: string, anchor: string, weight = 'normal'): string =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}" font-weight="${weight}">${text}</text>`
