import { GatewayError, invalidRequest } from '../../errors.ts'
import { asString, isObject, parseJson, type JsonObject } from '../../ir/json.ts'
import type { CarriedOperation } from '../../providers/carrier.ts'
import type { UpstreamRequest } from '../../upstream/upstream.ts'
import type { CarriedBody } from '../call.ts'
import { spliceMembers } from '../splice.ts'
import { boundaryOf, scanForm, unscanned } from './form-scanner.ts'
import { Upload } from './upload.ts'

/** What a carried request brings along. */
export interface Cargo {
  /** The model that it asks for, where its body says so. */
  readonly model: string | undefined
  /** Names of things at a provider that it refers to. */
  readonly ids: readonly string[]
  readonly contentType: string | undefined
  /** True while it can be sent, or sent again. */
  readonly sendable: boolean
  /** The body for an upstream that calls the model by another name. */
  load(rename: (model: string) => string): Load
}

export type Load = Pick<UpstreamRequest, 'body'> & {
  /** Bytes, where they are known before they come. */
  readonly length?: number
}

/** Operations whose forms have a `model`; those of the others are not looked into. */
const WITH_MODEL: ReadonlySet<CarriedOperation> = new Set([
  'image-edit',
  'image-variation',
  'transcription',
  'audio-translation',
])

/** A form is sent on without its model, where that can be done, when this much of it has come before it. Bytes. */
const PATIENCE = 256 * 1024
/** And held so far where the model decides where it goes. Bytes. */
const LONGEST_WAIT = 64 * 1024 * 1024

export type CargoOptions = {
  readonly operation: CarriedOperation
  /** True when the form can be sent on before its model is known: there is one place for it to go. */
  readonly goesAnyway: boolean
}

/**
 * Reads of a body what is needed to know where it goes: a JSON body is here whole, of a form only as much is
 * awaited as comes before its `model`.
 *
 * @throws GatewayError `invalid-request` when it cannot be read
 */
export async function openCargo(body: CarriedBody, options: CargoOptions): Promise<Cargo> {
  switch (body.kind) {
    case 'none':
      return { model: undefined, ids: [], contentType: undefined, sendable: true, load: () => ({}) }
    case 'json':
      return jsonCargo(body.bytes)
    case 'upload':
      return await uploadCargo(body, options)
    case 'raw':
      // Its type and coding are among the client's headers.
      return cargoOf(new Upload(body.source, unscanned), undefined, () => body.length)
    default:
      throw new Error(`no such body: ${body satisfies never}`)
  }
}

function jsonCargo(bytes: Buffer): Cargo {
  const wire = parseJson(bytes.toString('utf8'))
  if (!isObject(wire)) throw invalidRequest('The request body must be a JSON object')
  const model = nonEmpty(wire['model'])
  return {
    model,
    ids: idsIn(wire),
    contentType: 'application/json',
    sendable: true,
    load(rename) {
      const renamed = model === undefined ? undefined : rename(model)
      return {
        body: renamed === model ? bytes : spliceMembers(bytes, { model: JSON.stringify(renamed) }),
      }
    },
  }
}

/** Fields in which requests name a file, a response or a model of their own. */
const ID_FIELDS = ['input_file_id', 'training_file', 'validation_file', 'previous_response_id'] as const

function idsIn(wire: JsonObject): readonly string[] {
  return ID_FIELDS.flatMap((field) => nonEmpty(wire[field]) ?? [])
}

function nonEmpty(value: unknown): string | undefined {
  const text = asString(value)
  return text === '' ? undefined : text
}

async function uploadCargo(
  { contentType, length, source }: CarriedBody & { kind: 'upload' },
  { operation, goesAnyway }: CargoOptions,
): Promise<Cargo> {
  const boundary = boundaryOf(contentType)
  if (boundary === undefined) throw invalidRequest('The content-type of the form names no boundary')
  if (!WITH_MODEL.has(operation)) {
    const upload = new Upload(source, unscanned)
    return cargoOf(upload, contentType, () => length)
  }
  const upload = new Upload(source, scanForm(boundary, 'model'))
  await upload.look(PATIENCE)
  if (upload.value === undefined && !upload.complete && !goesAnyway) {
    await upload.look(LONGEST_WAIT)
    if (upload.value === undefined && !upload.complete) throw modelTooLate()
  }
  return cargoOf(upload, contentType, () => {
    const { value } = upload
    if (length === undefined || (value === undefined && !upload.complete)) return undefined
    return value === undefined ? length : length + bytes(upload.rename(value)) - bytes(value)
  })
}

function cargoOf(upload: Upload, contentType: string | undefined, length: () => number | undefined): Cargo {
  const { value } = upload
  return {
    model: value === '' ? undefined : value,
    ids: [],
    contentType,
    get sendable() {
      return !upload.taken
    },
    load(rename) {
      upload.rename = rename
      const known = length()
      return { body: upload, ...(known !== undefined && { length: known }) }
    },
  }
}

const bytes = (text: string): number => Buffer.byteLength(text, 'utf8')

function modelTooLate(): GatewayError {
  return new GatewayError(
    'too-large',
    'The form has its model after more than 64 MB of files. Put the field before the files, or name the provider in ' +
      'the header x-dragoman-target',
    { retry: 'never', details: { param: 'model' } },
  )
}
