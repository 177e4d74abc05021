import { expect, it } from 'vitest'
import { createProcessLog, readable } from './logging.ts'
import type { Io } from './io.ts'

function terminal(errorIsTerminal: boolean) {
  const lines: string[] = []
  const io: Io = {
    write() {},
    writeError: (text) => void lines.push(text),
    env: {},
    cwd: '/',
    homedir: '/',
    platform: 'linux',
    color: false,
    errorColor: false,
    outputIsTerminal: false,
    errorIsTerminal,
    inputIsTerminal: false,
    readInput: async () => '',
  }
  return { io, lines }
}

it('a log line is short for people', () => {
  const line = '{"time":"2026-01-02T03:04:05.678Z","level":"warn","message":"Slow","ms":12,"why":"no idea"}'
  expect(readable(line, false)).toBe('03:04:05 warn  Slow ms=12 why="no idea"')
  expect(readable(line, true)).toContain('\u001B[33mwarn')
})

const turn = () => new Promise((resolve) => setImmediate(resolve))

it('the log is JSON for machines, and its level can change', async () => {
  const { io, lines } = terminal(false)
  const log = createProcessLog(io, 'error')
  log.info('unheard')
  log.setLevel('info')
  log.info('heard', { apiKey: 'abcdefghijklmnop' })
  await turn()
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', message: 'heard', apiKey: 'abcd…op' })
})

it('the log is readable on a terminal', () => {
  const { io, lines } = terminal(true)
  createProcessLog(io, 'info').error('broken', { status: 500 })
  expect(lines).toEqual([expect.stringMatching(/^\d\d:\d\d:\d\d error broken status=500\n$/)])
})

it('lines of one turn are written together, and at once when something is wrong', async () => {
  const { io, lines } = terminal(false)
  const log = createProcessLog(io, 'info')
  log.info('one')
  log.info('two')
  expect(lines).toEqual([])
  log.warn('three')
  const messages = () =>
    lines.map((text) =>
      text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { message: string }).message),
    )
  expect(messages()).toEqual([['one', 'two', 'three']])
  log.info('four')
  await turn()
  expect(messages()).toEqual([['one', 'two', 'three'], ['four']])
})
