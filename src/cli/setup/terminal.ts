import * as clack from '@clack/prompts'
import { Failure } from '../command.ts'
import type { Asker } from './asker.ts'

/** Somebody sits at the terminal. Ctrl-C ends the wizard before anything was written. */
export function terminal(): Asker {
  return {
    text: async ({ message, example, initial, fault }) =>
      answered(
        await clack.text({
          message,
          ...(example !== undefined && { placeholder: example }),
          ...(initial !== undefined && { initialValue: initial }),
          validate: (value) =>
            value === undefined || value.trim() === '' ? 'An answer is needed' : fault?.(value),
        }),
      ).trim(),
    secret: async ({ message }) =>
      answered(
        await clack.password({
          message,
          validate: (value) =>
            value === undefined || value.trim() === '' ? 'An answer is needed' : undefined,
        }),
      ).trim(),
    choose: async ({ message, choices, initial }) =>
      answered(
        await clack.select({
          message,
          options: choices.map(({ value, label, hint }) => ({
            value,
            label,
            ...(hint !== undefined && { hint }),
          })),
          ...(initial !== undefined && { initialValue: initial }),
          maxItems: 12,
        }),
      ),
    confirm: async ({ message, initial }) =>
      answered(await clack.confirm({ message, initialValue: initial })),
    say: (text) => clack.log.info(text),
    show: (title, text) => clack.note(text.trimEnd(), title, { format: (line) => line }),
    during: async (message, work) => {
      const spinner = clack.spinner()
      spinner.start(message)
      try {
        return await work()
      } finally {
        spinner.stop(message)
      }
    },
  }
}

/** Asked for and refused is an answer too. */
function answered<T>(answer: T): Exclude<T, symbol> {
  if (typeof answer === 'symbol') throw new Failure('Stopped; nothing was written')
  return answer as Exclude<T, symbol>
}
