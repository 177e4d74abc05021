import { asString } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { failure, headers, openaiError, vendorOrder } from '../openai/http.ts'
import type { Route, Surface } from '../surface.ts'
import { whole } from './answer.ts'
import { askOfChat } from './ask.ts'
import { checkChat } from './check.ts'
import { chunks } from './chunks.ts'

/** Azure OpenAI: the v1 path, and the dated one whose path names the deployment. */
export const azureChat: Surface = {
  ...surface('azure-chat', '/openai/v1'),
  route: (method, path) => {
    const dated = /^\/openai\/deployments\/([^/]+)\/chat\/completions$/.exec(path)?.[1]
    if (dated !== undefined && method === 'POST') {
      return { operation: 'generate', deployment: decodeURIComponent(dated) }
    }
    return routeUnder('/openai/v1', method, path)
  },
}

/** api.openai.com. */
export const openaiChat = surface('openai-chat', '/v1')

/** A server that imitates OpenAI: tells its reasoning in `reasoning_content`, takes unknown parameters, needs no key. */
export const compatibleChat = surface('compatible-chat', '/compatible/v1')

type ChatSurface = 'azure-chat' | 'openai-chat' | 'compatible-chat'

function surface(name: ChatSurface, base: string): Surface {
  return {
    name,
    route: (method, path) => routeUnder(base, method, path),
    deploymentOf: (route, body) => route.deployment ?? asString(body.model) ?? '',
    check: checkChat,
    ask: askOfChat,
    streams: (call) => call.body.stream === true,
    headers,
    whole: (call, composed) => vendorOrder(call, whole(call, composed)),
    frames: (call, composed, options) =>
      [...chunks(call, composed, options)]
        .map((chunk) => event(vendorOrder(call, chunk)))
        .concat('data: [DONE]\n\n'),
    failure,
    errorFrame: (call, problem) => event(openaiError(call, problem)),
  }
}

function routeUnder(base: string, method: string, path: string): Route | undefined {
  if (method === 'POST' && path === `${base}/chat/completions`) return { operation: 'generate' }
  if (method === 'GET' && path === `${base}/models`) return { operation: 'models' }
  return undefined
}

function event(chunk: JsonObject): string {
  return `data: ${JSON.stringify(chunk)}\n\n`
}
