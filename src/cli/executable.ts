import { join } from 'node:path'

const here = import.meta.filename

/**
 * The program that this code is part of, to be started again: the bundle itself, or the executable beside which the code
 * stands (sources in the repository, JavaScript in the package).
 */
export const EXECUTABLE = here.endsWith('.mjs')
  ? here
  : join(import.meta.dirname, '..', here.endsWith('.ts') ? 'main.ts' : 'main.js')
