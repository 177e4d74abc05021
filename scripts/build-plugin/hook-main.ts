/** The plugin's hooks alone: the whole CLI takes twice as long to load, and this runs before every prompt. */
import { homedir } from 'node:os'
import { text } from 'node:stream/consumers'
import { run } from '../../src/cli/hook.ts'

await run(
  { text: {}, on: new Set(), positionals: process.argv.slice(2) },
  {
    write: (output) => void process.stdout.write(output),
    writeError: (output) => void process.stderr.write(output),
    env: process.env,
    cwd: process.cwd(),
    homedir: homedir(),
    platform: process.platform,
    color: false,
    errorColor: false,
    outputIsTerminal: false,
    errorIsTerminal: false,
    inputIsTerminal: false,
    readInput: () => text(process.stdin),
  },
)
// A gateway that is still starting must not hold the session.
process.exit(0)
