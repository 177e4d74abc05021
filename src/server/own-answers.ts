import { GatewayError } from '../errors.ts'
import { answerJson } from './answer.ts'
import type { Exchange } from './exchange.ts'
import { healthBody, readiness } from './health.ts'
import {
  capabilitiesObject,
  deploymentObject,
  findModel,
  modelObject,
  modelPage,
  type ListedModel,
} from './models.ts'
import { quoted, Refusal, wrongMethod } from './refusal.ts'
import type { RequestTarget } from './request-target.ts'
import type { Target } from './routes.ts'
import type { Site } from './site.ts'

const NAMES_IN_MESSAGE = 20

/** Answers what the server itself knows. */
export async function answerHere(
  site: Site,
  exchange: Exchange,
  target: Exclude<Target, { kind: 'call' | 'carry' }>,
  asked: RequestTarget,
  id: string,
): Promise<void> {
  const { models, modelEpoch, probe } = site.options
  const asModel = (model: ListedModel) => modelObject(model, modelEpoch)
  const asDeployment = (model: ListedModel) => deploymentObject(model, modelEpoch)
  switch (target.kind) {
    case 'models':
      return answerJson(exchange, 200, modelPage(await models(), asked.query, asModel))
    case 'model':
      return answerJson(exchange, 200, asModel(await modelNamed(site, id)))
    case 'capabilities':
      return answerJson(exchange, 200, capabilitiesObject(await modelNamed(site, id)))
    case 'deployments':
      return answerJson(exchange, 200, modelPage(await models(), asked.query, asDeployment))
    case 'deployment':
      return answerJson(exchange, 200, asDeployment(await modelNamed(site, id)))
    case 'test': {
      if (probe === undefined) throw new Refusal('not-supported', 'This gateway has nothing to test')
      // A page's image needs no leave of its browser, and every test costs something.
      if (exchange.request.headers['sec-fetch-site'] === 'cross-site') {
        throw new Refusal('forbidden', 'Another web site may not start a test')
      }
      const wanted = new URLSearchParams(asked.query).get('target') ?? undefined
      return answerJson(exchange, 200, await probe(wanted, exchange.signal))
    }
    case 'health':
      return answerJson(exchange, 200, healthBody(site.health()))
    case 'ready': {
      const { status, body } = readiness(site.health())
      return answerJson(exchange, status, body)
    }
    case 'hello':
      return answerJson(exchange, 200, {})
    case 'websocket':
      if (exchange.request.headers.upgrade === undefined) throw wrongMethod(exchange.request.method, ['POST'])
      throw new Refusal('not-supported', 'WebSockets are not served here; use POST with "stream": true', {
        status: 426,
        headers: { upgrade: 'HTTP/1.1', connection: 'close' },
      })
    default:
      return target satisfies never
  }
}

async function modelNamed(site: Site, id: string): Promise<ListedModel> {
  const listing = await site.options.models()
  const found = findModel(listing, id)
  if (found !== undefined) return found
  const names = listing.slice(0, NAMES_IN_MESSAGE).map((model) => model.id)
  const more = listing.length > names.length ? ` and ${listing.length - names.length} more` : ''
  throw new GatewayError(
    'not-found',
    `There is no model ${quoted(id)}; there are: ${names.join(', ') || 'none'}${more}`,
    { retry: 'never', details: { param: 'model' } },
  )
}
