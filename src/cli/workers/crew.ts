import type { Worker } from 'node:cluster'
import type { Config } from '../../config/config.ts'
import { fingerprint } from '../../config/fingerprint.ts'
import { Memory, type News } from '../../gateway/memory.ts'
import type { Logger } from '../../log.ts'
import { httpUrl } from '../../server/address.ts'
import { DRAIN_MS } from '../../server/options.ts'
import { Failure } from '../command.ts'
import type { Io } from '../io.ts'
import { forkWorker } from './fork.ts'
import { fromProblem, type FromWorker, type ToWorker } from './messages.ts'
import { Probes } from './probes.ts'
import { Restarts } from './restarts.ts'

/** A worker that does not serve by then is given up. Milliseconds. */
const START_MS = 30_000
/** What workers get beyond their drain time before they are killed. Milliseconds. */
const GRACE_MS = 2_000

export type CrewOptions = {
  /** Workers. */
  readonly size: number
  readonly instance: string
  readonly log: Logger
  readonly io: Pick<Io, 'writeError'>
}

type Address = { readonly host: string; readonly port: number }

/** One worker's process. */
type Member = {
  /** From 1 to the crew's size; its successor has the same. */
  readonly number: number
  readonly worker: Worker
  readonly probes: Probes
  /** Settled once it serves, or will not. */
  readonly ready: PromiseWithResolvers<Address>
  /** `present`: it has said hello. `joined`: it was told what is known, and hears what is new. */
  state: 'starting' | 'present' | 'joined' | 'serving' | 'retiring'
}

/**
 * A gateway of several processes, which looks like one. This process, the primary, answers no requests: it accepts
 * connections and hands them round, starts workers anew, and passes on what each of them finds out. It remembers all of
 * that itself, so that a worker that begins knows what the others know.
 */
export class Crew {
  readonly #options: CrewOptions
  readonly #members = new Set<Member>()
  readonly #restarts = new Restarts()
  readonly #memory = new Memory({ now: () => performance.now(), draw: Math.random })
  readonly #startedAt = performance.now()
  readonly #broken = Promise.withResolvers<Error>()
  #config: Config
  #address: (Address & { readonly url: string }) | undefined
  /** What workers are told to listen on; an edited config changes it at the next start. */
  #listen: Address
  /** Workers that died, until they are started again. */
  readonly #waiting = new Set<NodeJS.Timeout>()
  #told = 0
  #rolling: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(config: Config, options: CrewOptions) {
    this.#config = config
    this.#options = options
    this.#listen = config.server
    this.#memory.lessonsUnder(fingerprint(config))
  }

  /** Resolves when the gateway cannot go on: a worker dies again and again. */
  get broken(): Promise<Error> {
    return this.#broken.promise
  }

  /** Starts the workers. Rejects when the first one cannot serve. */
  async listen(): Promise<Address & { readonly url: string }> {
    const [first, ...others] = Array.from({ length: this.#options.size }, (_, index) =>
      this.#start(index + 1),
    )
    if (first === undefined) throw new Error('a crew has workers')
    // One tries the address; the others would only say the same, or be given another port.
    const { host, port } = await first.ready.promise
    this.#address = { host, port, url: httpUrl(host, port) }
    for (const member of others) if (member.state === 'present') this.#admit(member)
    await Promise.all(others.map(({ ready }) => ready.promise))
    return this.#address
  }

  /** Gives every worker a new config for requests to come. */
  async reload(config: Config): Promise<void> {
    this.#config = config
    this.#memory.lessonsUnder(fingerprint(config))
    this.#memory.health.keep(new Set(Object.keys(config.providers)))
    for (const member of this.#joined()) send(member, { type: 'config', config })
  }

  /** Replaces the workers one by one: each goes when its successor serves, after its answers. */
  async restart(): Promise<void> {
    const { log } = this.#options
    if (this.#closing !== undefined || this.#rolling !== undefined) return await this.#rolling
    log.info('Replacing the workers one by one')
    this.#rolling = this.#replaceAll()
      .then(() => log.info('All workers were replaced'))
      .catch((reason: unknown) => {
        if (this.#closing === undefined)
          log.error('A new worker does not serve; those that do go on', { reason })
      })
      .finally(() => (this.#rolling = undefined))
    return await this.#rolling
  }

  /** Lets all workers finish their answers, for `drainMs` milliseconds at most, and end. */
  close({ drainMs = DRAIN_MS }: { readonly drainMs?: number } = {}): Promise<void> {
    return (this.#closing ??= this.#close(drainMs))
  }

  async #close(drainMs: number): Promise<void> {
    const ends = [...this.#members].map(
      ({ worker }) => new Promise<void>((resolve) => worker.once('exit', () => resolve())),
    )
    for (const member of this.#members) {
      if (isJoined(member)) send(member, { type: 'stop', drainMs })
      else member.worker.process.kill('SIGKILL')
    }
    for (const restart of this.#waiting) clearTimeout(restart)
    const timer = setTimeout(() => {
      for (const { worker } of this.#members) worker.process.kill('SIGKILL')
    }, drainMs + GRACE_MS)
    await Promise.all(ends)
    clearTimeout(timer)
  }

  async #replaceAll(): Promise<void> {
    for (let number = 1; number <= this.#options.size && this.#closing === undefined; number += 1) {
      const before = [...this.#members].filter((member) => member.number === number)
      await this.#start(number).ready.promise
      for (const member of before) this.#retire(member)
    }
  }

  #retire(member: Member): void {
    if (member.state === 'retiring' || this.#closing !== undefined) return
    if (isJoined(member)) send(member, { type: 'retire' })
    else member.worker.process.kill('SIGKILL')
    member.state = 'retiring'
    this.#tellSize()
  }

  #start(number: number): Member {
    const worker = forkWorker(number, this.#options.io.writeError)
    const member: Member = {
      number,
      worker,
      probes: new Probes(),
      ready: Promise.withResolvers<Address>(),
      state: 'starting',
    }
    this.#members.add(member)
    const patience = setTimeout(() => worker.process.kill('SIGKILL'), START_MS)
    member.ready.promise.then(
      () => clearTimeout(patience),
      () => clearTimeout(patience),
    )
    worker.on('message', (message: FromWorker) => this.#heard(member, message))
    worker.on('error', (error) => this.#options.log.debug('A worker was not reached', { number, error }))
    worker.once('exit', (code, signal) => this.#ended(member, signal ?? `code ${code}`))
    return member
  }

  #heard(member: Member, message: FromWorker): void {
    switch (message.type) {
      case 'hello':
        member.state = 'present'
        if (this.#address !== undefined || member.number === 1) this.#admit(member)
        return
      case 'ready':
        return this.#serves(member, message)
      case 'failed':
        if (this.#address !== undefined)
          this.#options.log.error('A worker cannot serve', { worker: member.number, ...message.problem })
        member.ready.reject(fromProblem(message.problem))
        return
      case 'news':
        return this.#pass(message.news, member)
      default:
        message satisfies never
    }
  }

  #admit(member: Member): void {
    member.state = 'joined'
    send(member, {
      type: 'serve',
      config: this.#configNow(),
      instance: this.#options.instance,
      uptimeMs: performance.now() - this.#startedAt,
      workers: this.#told,
      memory: this.#memory.news(),
    })
  }

  #serves(member: Member, { host, port }: Address): void {
    // The last one that held a port of the system's choice died while this one began: it got another.
    if (this.#address !== undefined && this.#address.port !== port) {
      member.worker.process.kill('SIGKILL')
      return
    }
    member.state = 'serving'
    const { number, worker } = member
    this.#options.log.info('worker serves', { worker: number, pid: worker.process.pid })
    member.ready.resolve({ host, port })
    this.#tellSize()
  }

  /**
   * The config for a worker that begins. While one holds a port of the system's choice, others get the same by asking for
   * any; when none does any more, all that follow have to ask for that very port.
   */
  #configNow(): Config {
    if (this.#address !== undefined && this.#serving().length === 0)
      this.#listen = { ...this.#listen, port: this.#address.port }
    const { host, port } = this.#listen
    return { ...this.#config, server: { ...this.#config.server, host, port } }
  }

  #pass(news: News, from: Member): void {
    from.probes.heard(news)
    this.#memory.hear(news)
    for (const member of this.#joined()) if (member !== from) send(member, { type: 'news', news })
  }

  #ended(member: Member, how: string): void {
    this.#members.delete(member)
    const { number, worker, state, probes, ready } = member
    for (const news of probes.released()) this.#pass(news, member)
    this.#tellSize()
    const died = new Failure(`Worker ${number} ended before it served: ${how}`)
    ready.reject(died)
    if (state === 'retiring' || this.#closing !== undefined) return
    const { log } = this.#options
    const isReplaced = [...this.#members].some((other) => other.number === number)
    // A first start, or a replacement: who waits for it decides.
    if (this.#address === undefined || isReplaced) return
    const waitMs = this.#restarts.died(number, performance.now())
    const fields = { worker: number, pid: worker.process.pid, how }
    if (waitMs === undefined) {
      log.error('A worker dies again and again; the gateway ends', fields)
      return this.#broken.resolve(
        new Failure(`Worker ${number} dies again and again (${how}); the log says why`),
      )
    }
    log.error('A worker died; it is started again', { ...fields, waitMs })
    const restart = setTimeout(() => {
      this.#waiting.delete(restart)
      this.#start(number)
    }, waitMs)
    this.#waiting.add(restart)
  }

  #serving(): readonly Member[] {
    return [...this.#members].filter(({ state }) => state === 'serving')
  }

  #joined(): readonly Member[] {
    return [...this.#members].filter(isJoined)
  }

  #tellSize(): void {
    const workers = this.#serving().length
    if (workers === this.#told) return
    this.#told = workers
    for (const member of this.#joined()) send(member, { type: 'workers', workers })
  }
}

/** It has been told what is known, and takes messages. */
function isJoined({ state }: Member): boolean {
  return state !== 'starting' && state !== 'present'
}

/** A worker that ends meanwhile needs to hear nothing any more. */
function send({ worker }: Member, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message, () => {})
}
