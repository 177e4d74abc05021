import { GatewayError } from '../../errors.ts'

/**
 * What to do about Entra's refusals, by their numbers; learn.microsoft.com, "Microsoft Entra authentication and
 * authorization error codes".
 */
const REMEDIES: Readonly<Record<string, string>> = {
  '7000215':
    'AZURE_CLIENT_SECRET is not a secret of this app: take its value, not its id, from Certificates & secrets',
  '7000222': 'The client secret has expired: make a new one and set AZURE_CLIENT_SECRET',
  '7000216': 'The app must prove itself: set AZURE_CLIENT_SECRET, or use a workload or managed identity',
  '7000218': 'The app must prove itself: set AZURE_CLIENT_SECRET, or use a workload or managed identity',
  '700016': 'There is no app with this AZURE_CLIENT_ID in the tenant AZURE_TENANT_ID: check both',
  '700027': 'The certificate of the app is not the registered one, or has expired',
  '90002': 'There is no tenant AZURE_TENANT_ID, or it is in another cloud',
  '900023': 'AZURE_TENANT_ID is neither the id nor a domain of a tenant',
  '50020': 'The account is of another tenant than the resource: az login --tenant <tenant of the resource>',
  '500011':
    'The tenant does not know the scope: set `scope` at the provider, or sign in to the tenant of the resource',
  '70011': 'The scope is not valid: check `scope` at the provider',
  '65001': 'The app has no consent for this scope: an administrator must grant it',
  '70021':
    'The federated credential of the app is for another issuer, subject or audience than the token file',
  '700211': 'The federated credential of the app is for another issuer than the token file',
  '700213': 'The federated credential of the app is for another subject than the token file',
  '700024':
    'The clock is wrong, or the token file is old: sudo timedatectl set-ntp true; see whether the file is renewed',
  '500133':
    'The clock is wrong, or the token file is old: sudo timedatectl set-ntp true; see whether the file is renewed',
  '50076': 'The account needs a second factor: az login, interactively',
  '50079': 'The account needs a second factor: az login, interactively',
  '53003':
    'A conditional access policy forbids it from here: ask its administrator, or use a managed identity',
  '53000':
    'A conditional access policy wants a managed device: ask its administrator, or use a managed identity',
  '700082': 'The sign-in has expired: az login',
  '70043': 'The sign-in has expired: az login',
  '50173': 'The sign-in was withdrawn: az login',
  '50058': 'Nobody is signed in: az login',
  '50057': 'The account is disabled',
}

const WAYS =
  "Sign in with 'az login', or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or run under a managed identity"

/** Why there is no token, and what to do about it. */
export function signInError(name: string, cause: unknown): GatewayError {
  if (cause instanceof GatewayError) return cause
  const refusal = refusalIn(cause)
  const reason = refusal?.words ?? firstLine(mostTelling(cause))
  const remedy = (refusal && REMEDIES[refusal.number]) ?? WAYS
  return new GatewayError(
    'upstream-auth',
    `The provider '${name}' got no token from Entra ID (${reason}). ${remedy}`,
    { cause },
  )
}

/** The first refusal by number anywhere in an error: a chain of credentials tells one in the middle of many lines. */
function refusalIn(
  error: unknown,
  depth = 0,
): { readonly number: string; readonly words: string } | undefined {
  if (!(error instanceof Error) || depth > 3) return undefined
  const found = /AADSTS(?<number>\d+):?[^\n"]*?(?=\.?\s+(?:Trace ID|Correlation ID|Timestamp)|[\n"]|$)/.exec(
    error.message,
  )
  if (found?.groups !== undefined) {
    return { number: found.groups['number'] ?? '', words: found[0].slice(0, 300) }
  }
  const others = 'errors' in error && Array.isArray(error.errors) ? error.errors : []
  const details = 'errorResponse' in error ? error.errorResponse : undefined
  const description =
    typeof details === 'object' && details !== null && 'errorDescription' in details
      ? new Error(String(details.errorDescription))
      : undefined
  for (const inner of [description, ...others, error.cause]) {
    const refusal = refusalIn(inner, depth + 1)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

/** What a member of a chain of credentials says that is not there, or not set up, on this machine. */
const NOT_HERE =
  /unavailable|not available|(?:could not|couldn't) be found|Network unreachable|Unable to execute|not installed/i

/** Of a chain of credentials the first that is there and failed all the same; the others say only that they are not. */
function mostTelling(cause: unknown): unknown {
  if (!(cause instanceof Error) || !('errors' in cause) || !Array.isArray(cause.errors)) return cause
  return cause.errors.find((error) => error instanceof Error && !NOT_HERE.test(error.message)) ?? cause
}

function firstLine(cause: unknown): string {
  const line = cause instanceof Error ? cause.message.split('\n')[0]?.trim() : undefined
  return line === undefined || line === '' ? 'unknown reason' : line.replace(/\.$/, '').slice(0, 300)
}
