import zlib from 'node:zlib'
import { GatewayError } from '../errors.ts'
import type { ByteConsumer, ByteSource } from '../stream/pump.ts'

type Decompressor = (firstChunk: Buffer) => zlib.Gunzip | zlib.Inflate | zlib.BrotliDecompress

/** By content coding. Each hands on what it can after every write, so that a stream keeps its timing. */
const DECOMPRESSORS: Readonly<Record<string, Decompressor>> = {
  gzip: () => zlib.createGunzip({ flush: zlib.constants.Z_SYNC_FLUSH }),
  'x-gzip': () => zlib.createGunzip({ flush: zlib.constants.Z_SYNC_FLUSH }),
  // "deflate" is zlib's format by the standard and bare deflate by the habit of some servers.
  deflate: (first) => {
    const options = { flush: zlib.constants.Z_SYNC_FLUSH }
    return (first[0]! & 0x0f) === 8 ? zlib.createInflate(options) : zlib.createInflateRaw(options)
  },
  br: () => zlib.createBrotliDecompress({ flush: zlib.constants.BROTLI_OPERATION_FLUSH }),
  zstd: () => zlib.createZstdDecompress({ flush: zlib.constants.ZSTD_e_flush }),
}

/** The decompressors for a `content-encoding` header, in the order to apply; undefined when one is not known. */
export function decompressorsFor(contentEncoding: string): readonly Decompressor[] | undefined {
  const codings = contentEncoding
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity')
  const found = codings.toReversed().flatMap((coding) => DECOMPRESSORS[coding] ?? [])
  return found.length === codings.length ? found : undefined
}

/** The decompressed form of a source. Breaks with `upstream-broken` when the bytes are not what they claim to be. */
export function decompress(source: ByteSource, create: Decompressor): ByteSource {
  return new Decompressed(source, create)
}

class Decompressed implements ByteSource {
  readonly #source: ByteSource
  readonly #create: Decompressor
  #stream: ReturnType<Decompressor> | undefined
  #consumer: ByteConsumer | undefined
  #sourceEnded = false
  #over = false

  constructor(source: ByteSource, create: Decompressor) {
    this.#source = source
    this.#create = create
  }

  start(consumer: ByteConsumer): void {
    this.#consumer = consumer
    this.#source.start({
      data: (chunk) => this.#feed(chunk),
      end: () => {
        this.#sourceEnded = true
        if (this.#stream === undefined) this.#finish()
        else this.#stream.end()
      },
      error: (cause) => {
        this.#sourceEnded = true
        // What came before the break is handed on first.
        if (this.#stream === undefined) this.#finish(cause)
        else this.#stream.flush(() => this.#finish(cause))
      },
    })
  }

  pause(): void {
    if (this.#stream === undefined) this.#source.pause()
    else this.#stream.pause()
  }

  resume(): void {
    if (this.#stream === undefined) this.#source.resume()
    else this.#stream.resume()
  }

  abort(): void {
    if (this.#over) return
    this.#over = true
    this.#source.abort()
    this.#stream?.destroy()
  }

  #feed(chunk: Buffer): void {
    if (this.#over || chunk.length === 0) return
    this.#stream ??= this.#open(chunk)
    if (!this.#stream.write(chunk)) this.#source.pause()
  }

  #open(first: Buffer): ReturnType<Decompressor> {
    return this.#create(first)
      .on('data', (chunk: Buffer) => {
        if (!this.#over) this.#consumer?.data(chunk)
      })
      .on('drain', () => {
        if (!this.#sourceEnded && !this.#over) this.#source.resume()
      })
      .on('end', () => this.#finish())
      .on('error', (cause) => {
        if (this.#over) return
        this.#source.abort()
        const message = "The upstream's answer could not be decompressed"
        this.#finish(new GatewayError('upstream-broken', message, { cause }))
      })
  }

  #finish(error?: Error): void {
    if (this.#over) return
    this.#over = true
    if (error === undefined) this.#consumer?.end()
    else {
      this.#stream?.destroy()
      this.#consumer?.error(error)
    }
  }
}
