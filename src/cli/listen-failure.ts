import { portOwner } from './port-owner.ts'
import { Failure } from './command.ts'

/** What keeps the gateway from listening, in words that help; the error itself when it is none of these. */
export async function explainListenFailure(
  thrown: unknown,
  address: { readonly host: string; readonly port: number },
): Promise<unknown> {
  const { host, port } = address
  switch (codeOf(thrown)) {
    case 'EADDRINUSE': {
      const owner = await portOwner(host, port)
      const by = owner === undefined ? 'another program' : owner
      return new Failure(
        `Port ${port} on ${host} is taken by ${by}. Stop it, or choose another port: --port ${port + 1}`,
      )
    }
    case 'EACCES':
      return new Failure(
        `The system does not allow listening on port ${port}. Choose one above 1023: --port 8082`,
      )
    case 'EADDRNOTAVAIL':
      return new Failure(`${host} is no address of this machine. Listen on 127.0.0.1: --host 127.0.0.1`)
    case 'ENOTFOUND':
      return new Failure(`${host} is not a known host name. Listen on 127.0.0.1: --host 127.0.0.1`)
    default:
      return thrown
  }
}

function codeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined
  return 'syscall' in thrown && 'code' in thrown ? String(thrown.code) : codeOf(thrown.cause)
}
