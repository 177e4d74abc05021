import { isObject, parseJson } from '../../ir/json.ts'
import { JsonDepth } from '../../stream/json-depth.ts'
import { completion, toolInput } from './tool-input.ts'

/** How the arguments of a call ended: sound, bent into an object, or within their JSON. */
export type ArgumentsEnd = { readonly rest: string; readonly state: 'sound' | 'bent' | 'torn' }

/**
 * The arguments of one call on their way to a client that wants one JSON object. They go out as they come, once they
 * begin like an object that is more than `{}`: some servers send `{}` first and the arguments after it, others send
 * `null`, or the object as a string.
 */
export class CallArguments {
  readonly #custom: boolean
  readonly #depth = new JsonDepth()
  #said = ''
  #held = ''
  #excess = false

  constructor(custom: boolean) {
    this.#custom = custom
  }

  /** True when something came after the object was whole; it was left out. */
  get excess(): boolean {
    return this.#excess
  }

  /** Takes a piece and returns what may go out by now. */
  push(input: string): string {
    this.#held += input
    if (this.#custom || (this.#said === '' && !this.#begins())) return ''
    const piece = this.#held
    this.#held = ''
    if (this.#depth.complete) {
      this.#excess ||= piece.trim() !== ''
      return ''
    }
    return this.#say(piece)
  }

  /** What is still to go out once no more will come. */
  end(): ArgumentsEnd {
    if (this.#custom) return { rest: JSON.stringify({ input: this.#held }), state: 'sound' }
    if (this.#said === '') {
      const { value, bent } = toolInput(this.#held)
      if (bent && completion(this.#held) !== undefined) return { rest: this.#say(this.#held), state: 'torn' }
      const empty = Object.keys(value).length === 0
      return { rest: empty ? '' : JSON.stringify(value), state: bent ? 'bent' : 'sound' }
    }
    return { rest: '', state: isObject(parseJson(this.#said)) ? 'sound' : 'torn' }
  }

  #say(piece: string): string {
    this.#depth.push(piece)
    this.#said += piece
    return piece
  }

  #begins(): boolean {
    const second = /^\s*\{\}\s*(\{.*)$/s.exec(this.#held)?.[1]
    if (second !== undefined) this.#held = second
    return /^\s*\{\s*[^}\s]/.test(this.#held)
  }
}
