import { UsageError } from '../command.ts'

/** A question, and the flag that answers it. */
export type Question = { readonly flag: string; readonly message: string }
export type TextQuestion = Question & {
  readonly example?: string
  readonly initial?: string
  /** What is wrong with an answer; undefined when nothing is. */
  readonly fault?: (answer: string) => string | undefined
}
export type Choice = { readonly value: string; readonly label: string; readonly hint?: string }
export type ChoiceQuestion = Question & { readonly choices: readonly Choice[]; readonly initial?: string }

/** Whoever answers the wizard's questions. */
export interface Asker {
  text(question: TextQuestion): Promise<string>
  /** Never shown, not even as it is typed. */
  secret(question: Question): Promise<string>
  choose(question: ChoiceQuestion): Promise<string>
  confirm(question: { readonly message: string; readonly initial: boolean }): Promise<boolean>
  /** Tells something. */
  say(text: string): void
  /** Shows something of several lines under a title. */
  show(title: string, text: string): void
  /** Does something that takes a while. */
  during<T>(message: string, work: () => Promise<T>): Promise<T>
}

/** Nobody is there: initial answers count, and what has none must be a flag. */
export function unattended(write: (text: string) => void): Asker {
  return {
    text: (question) => answer(question, question.initial),
    secret: (question) => answer(question, undefined),
    choose: (question) => answer(question, question.initial),
    confirm: async ({ initial }) => initial,
    say: (text) => write(`${text}\n`),
    show: (title, text) => write(`\n${title}:\n${text.replace(/^(?=.)/gm, '  ').trimEnd()}\n\n`),
    during: (_, work) => work(),
  }
}

function answer({ flag, message }: Question, initial: string | undefined): Promise<string> {
  if (initial !== undefined && initial !== '') return Promise.resolve(initial)
  return Promise.reject(
    new UsageError(`"${message}" has no answer: give --${flag} (nobody can be asked here)`),
  )
}
