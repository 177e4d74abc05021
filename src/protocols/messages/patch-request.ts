import { Losses } from '../../ir/dropped.ts'
import type { Encoded } from '../../ir/dropped.ts'
import { asEffort } from '../../ir/effort.ts'
import { asArray, asNumber, asObject, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { decodeReasoning } from './decode-request.ts'
import type { MessagesDialect } from './dialect.ts'
import { callsWithoutThinking, withoutRefused } from './encode-request.ts'
import { isBlank, isUnthinkingLoop, patchTurns, withoutBlankBlocks } from './patch-turns.ts'
import { encodeSampling } from './settings.ts'
import { encodeThinking } from './thinking.ts'

type Fields = Record<string, unknown>

/**
 * A client's own request, mended where this upstream is known to refuse it and nowhere else. Undefined when there is
 * nothing to mend. Whatever it does not know passes: unknown fields, blocks and tools are the client's and the
 * upstream's business.
 */
export function patchRequest(wire: JsonObject, dialect: MessagesDialect): Encoded<JsonObject> | undefined {
  const losses = new Losses()
  const body: Fields = { ...withoutRefused(wire, dialect, losses) }
  const messages = asArray(body['messages']).filter(isObject)
  const mended = patchTurns(messages, dialect, losses)
  if (mended !== messages) body['messages'] = mended
  patchSystem(body, losses)
  patchLimit(body, dialect, losses)
  patchTools(body, dialect, losses)
  patchThinking(body, dialect, losses)
  patchSampling(body, dialect, losses)
  return losses.list.length === 0 ? undefined : { body, dropped: losses.list }
}

function patchSystem(body: Fields, losses: Losses): void {
  const { system } = body
  if (Array.isArray(system)) {
    const blocks = withoutBlankBlocks(system, 'system', losses)
    if (blocks !== system) set(body, 'system', blocks.length === 0 ? undefined : blocks)
  } else if (system !== '' && isBlank(system)) {
    losses.approximated('system', 'a blank text was left out')
    set(body, 'system', undefined)
  }
}

function patchLimit(body: Fields, { maxOutputTokens }: MessagesDialect, losses: Losses): void {
  const wish = asNumber(body['max_tokens'])
  if (wish === undefined || maxOutputTokens === undefined || wish <= maxOutputTokens) return
  losses.approximated('max_tokens', `${maxOutputTokens} instead of ${wish}`)
  body['max_tokens'] = maxOutputTokens
}

function patchTools(body: Fields, dialect: MessagesDialect, losses: Losses): void {
  const choice = asObject(body['tool_choice'])
  if (!dialect.forcedToolChoice && (choice['type'] === 'any' || choice['type'] === 'tool')) {
    losses.approximated('tool_choice', 'auto: this model takes no forced choice')
    const { name: _, ...rest } = choice
    body['tool_choice'] = { ...rest, type: 'auto' }
  }
  const tools = asArray(body['tools'])
  if (dialect.deferredTools || !tools.some((tool) => asObject(tool)['defer_loading'] === true)) return
  losses.approximated('tools', 'deferred tools were declared plainly')
  body['tools'] = tools.map((tool) => {
    const { defer_loading: _, ...rest } = asObject(tool)
    return rest
  })
}

/** Only what the model does not take is touched: a mode, a level, a budget above the limit, thinking begun too late. */
function patchThinking(body: Fields, dialect: MessagesDialect, losses: Losses): void {
  const output = asObject(body['output_config'])
  const config = decodeReasoning(body['thinking'], asEffort(output['effort']))
  if (config === undefined) return
  const { mode, effort: level, budgetTokens } = config
  const turns = asArray(body['messages']).map(asObject)
  const tokens = asNumber(body['max_tokens']) ?? dialect.defaultMaxTokens
  const isUnthinking = mode === 'enabled' && isUnthinkingLoop(turns)
  const isTaken =
    (mode === undefined || dialect.thinking.includes(mode)) &&
    (level === undefined || dialect.efforts.includes(level)) &&
    !(mode === 'enabled' && tokens === dialect.maxOutputTokens && (budgetTokens ?? 0) >= tokens)
  if (isTaken && !isUnthinking) return
  const encoded = encodeThinking(config, {
    dialect,
    losses,
    maxTokens: tokens,
    ownRequest: true,
    forcedTool: ['any', 'tool'].includes(String(asObject(body['tool_choice'])['type'])),
    unthinkingCalls: mode === 'enabled' ? isUnthinking : callsWithoutThinking(turns),
  })
  set(body, 'thinking', encoded.thinking)
  if (encoded.effort === level) return
  const kept = compact({ ...output, effort: encoded.effort })
  set(body, 'output_config', Object.keys(kept).length === 0 ? undefined : kept)
}

function patchSampling(body: Fields, dialect: MessagesDialect, losses: Losses): void {
  const given = compact({
    temperature: asNumber(body['temperature']),
    topP: asNumber(body['top_p']),
    topK: asNumber(body['top_k']),
  })
  // What thinking allows, a client of this protocol knows; what this model allows, it may not.
  const allowed = encodeSampling(given, dialect, false, losses)
  for (const name of ['temperature', 'top_p', 'top_k']) {
    if (typeof body[name] === 'number' && body[name] !== allowed[name]) set(body, name, allowed[name])
  }
}

function set(body: Fields, name: string, value: unknown): void {
  if (value === undefined) delete body[name]
  else body[name] = value
}
