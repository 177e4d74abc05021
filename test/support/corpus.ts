/**
 * Recorded exchanges with real APIs, kept beside the repository and never in it. Everything that uses them skips where
 * they are absent.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from '../../src/ir/json.ts'

export type CorpusRecord = {
  readonly id: string
  readonly kind: 'recorded' | 'request-only' | 'response-only'
  readonly provider: string
  readonly protocol: string
  readonly operation: string
  readonly request_body: JsonObject | null
  readonly status: number | null
  readonly stream: boolean
  readonly stream_format: string | null
  /** An object, or the text of a stream. */
  readonly response_body: JsonObject | string | null
  readonly features: readonly string[]
  /** Among others `hand_edited`: no vendor ever sent it so. */
  readonly notes: readonly string[]
}

/** The corpus folder: `DRAGOMAN_CORPUS`, else `../shared/corpus` beside the repository; undefined when absent. */
export function corpusFolder(): string | undefined {
  const folder =
    process.env['DRAGOMAN_CORPUS'] ?? join(import.meta.dirname, '..', '..', '..', 'shared', 'corpus')
  return existsSync(join(folder, 'INDEX.tsv')) ? folder : undefined
}

export const CORPUS_ABSENT = 'no recorded corpus: set DRAGOMAN_CORPUS to its folder'

/** Every record of these protocols (all when none is named), by id. Empty when the corpus is absent. */
export function corpusRecords(protocols: readonly string[] = []): CorpusRecord[] {
  const folder = corpusFolder()
  if (folder === undefined) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as CorpusRecord)
    .filter((record) => protocols.length === 0 || protocols.includes(record.protocol))
}

/** Requests that their vendor took, or that nobody sent but that are well formed. */
export function hasSoundRequest(record: CorpusRecord): boolean {
  return (
    record.request_body !== null &&
    record.operation === 'generate' &&
    (record.status ?? 0) < 400 &&
    !record.features.includes('malformed_request')
  )
}

/** Answers that carry a model's output. */
export function hasSoundResponse(record: CorpusRecord): boolean {
  return (
    record.response_body !== null &&
    record.kind !== 'request-only' &&
    record.operation === 'generate' &&
    (record.status ?? 0) < 400
  )
}
