/**
 * What every pair of protocols makes of a few rich exchanges, written down. A change here is a change of behaviour: read
 * it, and accept it with `npm run goldens -- --update`.
 *
 * `requests/<from>/<name>.json` is a client's request and `<name>.to-<upstream>.json` what goes out for it;
 * `responses/` and `streams/` hold upstreams' answers and what clients get.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../src/errors.ts'
import type { Dropped } from '../../src/ir/dropped.ts'
import type { JsonObject } from '../../src/ir/json.ts'
import { run } from '../../src/stream/sink.ts'
import { formatSse, parseSse } from '../../src/stream/sse.ts'
import { contextFor } from '../laws/context.ts'
import { SUBJECTS, type Subject } from '../laws/protocols.ts'

describe('requests', () => {
  test.each(pairs('requests', '.json'))('$from → $to: $name', async ({ from, to, text, file }) => {
    const request = from.protocol.decodeRequest(JSON.parse(text) as JsonObject)
    await expect(
      written(() => to.protocol.encodeRequest(request, to.protocol.defaultDialect)),
    ).toMatchFileSnapshot(file('.json'))
  })
})

describe('responses', () => {
  test.each(pairs('responses', '.json'))('$from → $to: $name', async ({ from, to, text, file }) => {
    const response = from.protocol.decodeResponse(
      JSON.parse(text) as JsonObject,
      from.protocol.defaultDialect,
    )
    await expect(written(() => to.protocol.encodeResponse(response, contextFor(false)))).toMatchFileSnapshot(
      file('.json'),
    )
  })
})

describe('streams', () => {
  test.each(pairs('streams', '.sse'))('$from → $to: $name', async ({ from, to, text, file }) => {
    const dropped: Dropped[] = []
    const context = { ...contextFor(true), onDropped: (loss: Dropped) => void dropped.push(loss) }
    const events = run(
      from.protocol.decodeStream(from.protocol.defaultDialect),
      run(parseSse(), [Buffer.from(text)]),
    )
    const out = run(to.protocol.encodeStream(context), events).map(formatSse).join('')
    const losses = dropped.map((loss) => `: dropped ${JSON.stringify(loss)}\n`).join('')
    await expect(losses + out).toMatchFileSnapshot(file('.sse'))
  })
})

type Pair = {
  readonly from: Subject
  readonly to: Subject
  readonly name: string
  readonly text: string
  readonly file: (extension: string) => string
}

/** Every case of a kind with every protocol that it can go to. */
function pairs(kind: string, extension: string): Pair[] {
  return SUBJECTS.flatMap((from) => {
    const folder = join(import.meta.dirname, kind, from.id)
    const names = (existsSync(folder) ? readdirSync(folder) : [])
      .filter((name) => name.endsWith(extension) && !name.includes('.to-'))
      .map((name) => name.slice(0, -extension.length))
    return names.toSorted().flatMap((name) =>
      SUBJECTS.map((to) => ({
        from: named(from),
        to: named(to),
        name,
        text: readFileSync(join(folder, `${name}${extension}`), 'utf8'),
        file: (ending: string) => join(folder, `${name}.to-${to.id}${ending}`),
      })),
    )
  })
}

/** The subject with its name as text, for the titles of the tests. */
const named = (subject: Subject): Subject => Object.assign({ ...subject }, { toString: () => subject.id })

/** The body and its losses as JSON, or the refusal. */
function written(encode: () => { readonly body: JsonObject; readonly dropped: readonly Dropped[] }): string {
  try {
    const { body, dropped } = encode()
    return `${JSON.stringify({ body, dropped }, null, 2)}\n`
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown
    return `${JSON.stringify({ refused: thrown.message, code: thrown.code, details: thrown.details }, null, 2)}\n`
  }
}
