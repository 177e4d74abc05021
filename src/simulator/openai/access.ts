import { isObject, parseJson } from '../../ir/json.ts'
import { Refused } from '../surface.ts'
import type { Call } from '../surface.ts'
import { refuse } from './refuse.ts'

/** True for the surfaces of Azure OpenAI. */
export function isAzure({ request }: Pick<Call, 'request'>): boolean {
  return request.surface?.startsWith('azure-') === true
}

/** Refuses strangers, unknown deployments and bodies that are no JSON, in the words of Azure or OpenAI. */
export function checkAccess(call: Call): void {
  if (isAzure(call)) checkAzure(call)
  else if (call.request.surface !== 'compatible-chat') checkOpenAi(call)
  checkBody(call)
}

function keyOf(call: Call): string | undefined {
  const bearer = /^Bearer\s+(.+)$/i.exec(call.request.headers.authorization ?? '')?.[1]
  return isAzure(call) ? (call.request.headers['api-key'] ?? bearer) : bearer
}

function checkAzure(call: Call): void {
  const key = keyOf(call)
  if (key === undefined || (call.rules.keys !== undefined && !call.rules.keys.includes(key))) {
    throw new Refused({
      status: 401,
      code: '401',
      message:
        'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.',
    })
  }
  const version = call.request.query.get('api-version')
  if (call.route.deployment !== undefined && version === null) {
    throw new Refused({ status: 404, code: '404', message: 'Resource not found' })
  }
  if (call.deployment === '') return
  if (call.rules.deployments !== undefined && !(call.deployment in call.rules.deployments)) {
    throw new Refused({
      status: 404,
      code: 'DeploymentNotFound',
      message:
        'The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.',
    })
  }
}

function checkOpenAi(call: Call): void {
  const key = keyOf(call)
  if (key === undefined) {
    throw new Refused({
      status: 401,
      type: 'invalid_request_error',
      message:
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
    })
  }
  if (call.rules.keys !== undefined && !call.rules.keys.includes(key)) {
    throw new Refused({
      status: 401,
      type: 'invalid_request_error',
      code: 'invalid_api_key',
      message: `Incorrect API key provided: ${key.slice(0, 4)}****. You can find your API key at https://platform.openai.com/account/api-keys.`,
    })
  }
  if (call.rules.deployments !== undefined && !(call.deployment in call.rules.deployments)) {
    throw new Refused({
      status: 404,
      type: 'invalid_request_error',
      code: 'model_not_found',
      message: `The model \`${call.deployment}\` does not exist or you do not have access to it.`,
    })
  }
}

function checkBody(call: Call): void {
  if (call.route.operation === 'models') return
  if (!isObject(parseJson(call.request.bytes.toString('utf8')))) {
    refuse(
      "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
    )
  }
  if (call.deployment === '') refuse('you must provide a model parameter')
}
