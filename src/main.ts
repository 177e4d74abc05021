#!/usr/bin/env node
import { homedir } from 'node:os'
import { text } from 'node:stream/consumers'
import { run } from './cli/run.ts'

// `dragoman config show | head` closes our output early: nobody is left to be told.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

process.exitCode = await run(process.argv.slice(2), {
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  env: process.env,
  cwd: process.cwd(),
  homedir: homedir(),
  platform: process.platform,
  color: Boolean(process.stdout.isTTY) && process.stdout.hasColors(),
  errorColor: Boolean(process.stderr.isTTY) && process.stderr.hasColors(),
  outputIsTerminal: Boolean(process.stdout.isTTY),
  errorIsTerminal: Boolean(process.stderr.isTTY),
  inputIsTerminal: Boolean(process.stdin.isTTY),
  readInput: () => text(process.stdin),
})
