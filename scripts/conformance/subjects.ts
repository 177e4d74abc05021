import { SUBJECTS, type Subject } from '../../test/laws/protocols.ts'

/** The protocol that the corpus calls so; undefined for what is none of Dragoman's. */
export const subjectFor = (corpusName: string): Subject | undefined =>
  SUBJECTS.find((subject) => subject.corpus.includes(corpusName))

export function subjectOf(id: string): Subject {
  const subject = SUBJECTS.find((candidate) => candidate.id === id)
  if (subject === undefined) throw new Error(`no such protocol: ${id}`)
  return subject
}

/** What the corpus calls a protocol. */
export const corpusName = (id: string): string => subjectOf(id).corpus[0] ?? id
