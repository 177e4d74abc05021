import { splitTarget } from '../../config/targets.ts'
import type { ProviderConfig } from '../../providers/config.ts'
import type { TargetReport } from '../probe/probe.ts'
import type { Check, Facts, Fault } from './check.ts'

/** Upstreams' clocks may differ by as much as sign-ins allow. Seconds. */
const ALLOWED_SKEW = 240

type Kind =
  | 'unauthorized'
  | 'forbidden'
  | 'missing'
  | 'unsupported'
  | 'unreachable'
  | 'limited'
  | 'stream'
  | 'tools'
  | 'other'

/** Why a target does not do what agents need; undefined when it does. */
function kindOf(report: TargetReport): Kind | undefined {
  const { error = '', status, text, stream, tools } = report
  if (text && stream && tools) return undefined
  if (text) return stream ? 'tools' : 'stream'
  if (/credentials \(401\)|no key:|no token from Entra|@azure\/identity/.test(error)) return 'unauthorized'
  if (/credentials \(403\)/.test(error)) return 'forbidden'
  if (/not served on this API|api_not_supported|OperationNotSupported|unsupported_api_for_model/i.test(error))
    return 'unsupported'
  if (status === 404 || /DeploymentNotFound|model_not_found/.test(error)) return 'missing'
  if (status === 429) return 'limited'
  if (/did not answer|nothing listens|no answer within|not known|certificate|connect/i.test(error))
    return 'unreachable'
  return 'other'
}

function reports(
  kind: Kind,
  mend: (report: TargetReport, provider: ProviderConfig | undefined) => string,
): (facts: Facts) => readonly Fault[] {
  return ({ reports: all = [], config }) =>
    all
      .filter((report) => kindOf(report) === kind)
      .map((report) => ({
        finding: `${report.target}: ${report.error ?? `status ${report.status}`}`,
        mend: mend(report, config?.providers[splitTarget(report.target)?.provider ?? '']),
      }))
}

const providerOf = ({ target }: TargetReport) => splitTarget(target)?.provider ?? ''
const modelOf = ({ target }: TargetReport) => splitTarget(target)?.model ?? ''
const isAzure = (provider: ProviderConfig | undefined) =>
  provider?.type === 'azure-openai' || provider?.type === 'azure-foundry'
const signsIn = (provider: ProviderConfig | undefined) =>
  provider !== undefined && 'auth' in provider && provider.auth === 'entra'

/** What upstreams say to small real requests. */
export const UPSTREAM_CHECKS: readonly Check[] = [
  {
    id: 'upstream-unauthorized',
    area: 'upstreams',
    title: 'An upstream refuses the key (401)',
    level: 'error',
    looksAt: 'A small real request to every target.',
    means:
      'On Azure OpenAI and Foundry: the key is not one of this very resource (another resource, another region, a key that was renewed), or the resource takes no keys. With Entra: no token, or one of another tenant. Elsewhere: the key is wrong or was withdrawn.',
    mend: 'Copy KEY 1 from the portal (Keys and Endpoint) of this resource into the variable. Where keys are disabled: `auth: entra` and `az login`.',
    find: reports('unauthorized', (report, provider) =>
      signsIn(provider)
        ? 'az login (in the tenant of the resource), then: dragoman test'
        : `Correct the variable behind providers.${providerOf(report)}.apiKey, then: dragoman test ${report.target}`,
    ),
  },
  {
    id: 'upstream-forbidden',
    area: 'upstreams',
    title: 'An upstream forbids it (403)',
    level: 'error',
    looksAt: 'A small real request to every target.',
    means:
      'On Azure: the key or the identity is known, but the resource admits only certain networks, or the identity lacks the role `Cognitive Services OpenAI User` (Azure OpenAI) or `Azure AI User` (Foundry). A new role takes some minutes to work.',
    mend: 'Portal: Networking of the resource, or Access control (IAM) → Add role assignment.',
    find: reports('forbidden', (report, provider) =>
      isAzure(provider)
        ? `az role assignment create --role "${provider?.type === 'azure-foundry' ? 'Azure AI User' : 'Cognitive Services OpenAI User'}" --assignee <you> --scope <resource id>; or admit this network in the portal (Networking)`
        : `Give the key of providers.${providerOf(report)} access to ${modelOf(report)}`,
    ),
  },
  {
    id: 'deployment-missing',
    area: 'upstreams',
    title: 'A deployment or model does not exist (404)',
    level: 'error',
    looksAt: 'A small real request to every target.',
    means:
      'On Azure a target names the deployment, not the model: `azure/my-gpt`, not `azure/gpt-5.2`, unless the deployment is called so. On Foundry a Claude deployment answers on the `services.ai.azure.com` host of the resource. A new deployment takes some minutes to appear. A 404 on everything means that the address is wrong, or the path: a dated `apiVersion` and the v1 API have different ones.',
    mend: '`az cognitiveservices account deployment list --name RESOURCE --resource-group GROUP --query "[].name"`, then correct the target in `models`.',
    find: reports('missing', (report, provider) =>
      isAzure(provider)
        ? `Correct ${report.target} in models; the names: az cognitiveservices account deployment list --name <resource> --resource-group <group> --query "[].name"`
        : provider?.type === 'openai-compatible' && provider.preset === 'ollama'
          ? `ollama pull ${modelOf(report)}`
          : `Correct ${report.target} in models; the names: dragoman models --upstream`,
    ),
  },
  {
    id: 'api-unsupported',
    area: 'upstreams',
    title: 'A model is not served on this API',
    level: 'error',
    looksAt: 'A small real request to every target.',
    means:
      'The deployment exists, but not on the API that is spoken to it: models without Chat want Responses, Claude on Azure wants a provider of `type: azure-foundry`, and a Claude under a name that does not say so is taken for something else.',
    mend: 'Say what it is: `providers.X.models.NAME: { family: claude }` or `{ protocol: responses }`.',
    find: reports(
      'unsupported',
      (report) =>
        `Under providers.${providerOf(report)} write: models: { "${modelOf(report)}": { protocol: responses } } (or family: claude)`,
    ),
  },
  {
    id: 'upstream-unreachable',
    area: 'upstreams',
    title: 'An upstream cannot be reached',
    level: 'error',
    looksAt: 'A small real request to every target.',
    means: 'The name is wrong, a network, proxy or firewall is between, or a local server does not run.',
    mend: 'Check the host in the message; in company networks `HTTPS_PROXY`, `NO_PROXY` and `NODE_EXTRA_CA_CERTS`.',
    find: reports(
      'unreachable',
      (report) => `Check the address of providers.${providerOf(report)}: dragoman config show`,
    ),
  },
  {
    id: 'upstream-limited',
    area: 'upstreams',
    title: 'An upstream is over its limit (429)',
    level: 'warning',
    looksAt: 'A small real request to every target.',
    means: "The deployment's tokens or requests per minute are used up, or the account has no credit.",
    mend: 'Raise the quota of the deployment, or name a second target: `"claude-*": [azure/big, other/big]`.',
    find: reports('limited', (report) => `Name a second target behind ${report.target} in models`),
  },
  {
    id: 'stream-unsupported',
    area: 'upstreams',
    title: 'A target does not stream',
    level: 'error',
    looksAt: 'The same request, streamed.',
    means:
      'Coding agents stream everything: a proxy in front of the upstream holds the answer back or changes it.',
    mend: 'Ask whoever runs the proxy to pass `text/event-stream` through, or use the upstream directly.',
    find: reports('stream', (report) => `Check what stands before providers.${providerOf(report)}`),
  },
  {
    id: 'tools-unsupported',
    area: 'upstreams',
    title: 'A target calls no tools',
    level: 'error',
    looksAt: 'A request that asks for the call of one tool.',
    means: 'Coding agents work by calling tools; with this model they only talk.',
    mend: 'Choose a model that calls tools. One that writes calls as text can be helped: `toolBridge: true` on the target.',
    find: reports(
      'tools',
      (report) => `Choose another model, or try { target: "${report.target}", toolBridge: true }`,
    ),
  },
  {
    id: 'reasoning-unsupported',
    area: 'upstreams',
    title: 'A target does not reason',
    level: 'warning',
    looksAt: 'The built-in facts about the model, and `providers.X.models`.',
    means:
      'Wishes about thinking and effort are left out for it. Answers are no worse than its own, but no better.',
    mend: 'Nothing, if that is meant. Else choose another model for this name.',
    find: ({ reports: all = [] }) =>
      all
        .filter((report) => report.text && report.reasoning === 'no')
        .map((report) => ({
          finding: `${report.target}: the model has no reasoning; thinking and effort are left out`,
          mend: 'Nothing, if that is meant; else name another model',
        })),
  },
  {
    id: 'upstream-failed',
    area: 'upstreams',
    title: 'An upstream fails',
    level: 'error',
    looksAt: 'A small real request to every target.',
    means: 'It was reached and refused the request for a reason of its own.',
    mend: 'The message is the upstream’s. `dragoman start --log-level debug` shows more.',
    find: reports('other', (report) => `dragoman test ${report.target}`),
  },
  {
    id: 'clock-skew',
    area: 'upstreams',
    title: 'The clock is wrong',
    level: 'error',
    looksAt: 'The `Date` header of providers with `auth: entra`, and this machine’s clock.',
    means:
      'Tokens of Entra ID hold for a certain time: with a wrong clock they are refused, or renewed too late.',
    mend: 'Set the clock by the network: `sudo timedatectl set-ntp true` (in WSL: `sudo hwclock -s`).',
    find: ({ clocks }) =>
      clocks
        .filter(({ aheadSeconds }) => Math.abs(aheadSeconds) > ALLOWED_SKEW)
        .map(({ host, aheadSeconds }) => ({
          finding: `this clock is ${Math.abs(aheadSeconds)} seconds ${aheadSeconds > 0 ? 'ahead of' : 'behind'} ${host}`,
          mend: 'sudo timedatectl set-ntp true (in WSL: sudo hwclock -s)',
        })),
  },
]
