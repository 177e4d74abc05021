import { paint, table, type Io, type Style } from '../io.ts'
import { isSound, type TargetReport } from './probe.ts'

const HEAD = ['TARGET', 'REACHED', 'LATENCY', 'STREAM', 'TOOLS', 'COUNT', 'REASONING', 'SPOKEN']

/** The reports as a table, and below it what went wrong. */
export function reportTable(reports: readonly TargetReport[], io: Pick<Io, 'color'>): string {
  const rows = reports.map((report) => [
    report.target,
    word(report.reached),
    report.reached ? `${report.ms} ms` : '-',
    report.reached ? word(report.stream) : '-',
    report.reached ? word(report.tools) : '-',
    report.countTokens,
    report.reasoning,
    report.protocol,
  ])
  const faults = reports.flatMap((report) => faultOf(report).map((fault) => [report.target, fault]))
  const lines = faults.map(([target, fault]) => `${paint('red', target ?? '', io.color)}: ${fault}\n`)
  const words = table([HEAD, ...rows]).replace(/(?<= )(yes|NO)(?= |$)/gm, (found) => colored(found, io.color))
  return `${words}${lines.length === 0 ? '' : '\n'}${lines.join('')}`
}

/** What is wrong with a target, in sentences. */
export function faultOf(report: TargetReport): readonly string[] {
  if (isSound(report)) return []
  if (report.error !== undefined) return [report.error]
  if (!report.text) return [`it did not answer (${report.status})`]
  if (!report.stream) return ['it answers, but not as a stream']
  return [
    'it answers, but called no tool when asked to: agents will not work with it. Choose a model that calls tools',
  ]
}

function word(value: boolean): string {
  return value ? 'yes' : 'NO'
}

function colored(text: string, color: boolean): string {
  const style: Style = text === 'yes' ? 'green' : 'red'
  return paint(style, text, color)
}
