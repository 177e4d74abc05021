import { asArray, asObject, asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { sniffMimeType } from '../../ir/media.ts'
import type { Call } from '../surface.ts'
import { names, onlyKnown, refuse, required } from './refuse.ts'
import { issuerOf } from './models.ts'
import { checkSearch } from './search.ts'
import { verifies } from '../signature.ts'

const CACHED = 'type cache_control'
const BLOCKS: Readonly<Record<string, ReadonlySet<string>>> = {
  text: names(`${CACHED} text citations`),
  image: names(`${CACHED} source transformations`),
  document: names(`${CACHED} source title context citations`),
  search_result: names(`${CACHED} content source title citations`),
  thinking: names('type thinking signature'),
  redacted_thinking: names('type data'),
  tool_use: names(`${CACHED} id name input caller`),
  tool_result: names(`${CACHED} tool_use_id content is_error`),
  tool_reference: names(`${CACHED} tool_name`),
  tool_addition: names(`${CACHED} tool`),
  tool_removal: names(`${CACHED} tool`),
  server_tool_use: names(`${CACHED} id name input caller`),
  web_search_tool_result: names(`${CACHED} tool_use_id content caller`),
  web_fetch_tool_result: names(`${CACHED} tool_use_id content caller`),
  code_execution_tool_result: names(`${CACHED} tool_use_id content`),
  bash_code_execution_tool_result: names(`${CACHED} tool_use_id content`),
  text_editor_code_execution_tool_result: names(`${CACHED} tool_use_id content`),
  tool_search_tool_result: names(`${CACHED} tool_use_id content`),
  container_upload: names(`${CACHED} file_id`),
  compaction: names(`${CACHED} content`),
}

const ONLY_ASSISTANT = names('thinking redacted_thinking tool_use server_tool_use')
const ONLY_USER = names('image tool_result search_result container_upload')
const IN_RESULTS = names('text image document search_result tool_reference')

/** Refuses a content block that the Messages API would refuse. */
export function checkBlock(block: unknown, role: string, path: string, call: Call): void {
  if (!isObject(block))
    return refuse(`${path}: Input should be a valid dictionary or object to extract fields from`)
  const type = asString(block.type)
  if (type === undefined) return refuse(`${path}.type: Field required`)
  const known = BLOCKS[type]
  if (known === undefined) {
    return refuse(
      `${path}: Input tag '${type}' found using 'type' does not match any of the expected tags: ${Object.keys(
        BLOCKS,
      )
        .map((tag) => `'${tag}'`)
        .join(', ')}`,
    )
  }
  if (role !== 'assistant' && ONLY_ASSISTANT.has(type)) {
    refuse(`${path}: \`${type}\` blocks can only be in \`assistant\` messages`)
  }
  if (role === 'assistant' && ONLY_USER.has(type)) {
    refuse(`${path}: \`${type}\` blocks can only be in \`user\` messages`)
  }
  onlyKnown(block, known, `${path}.${type}`)
  checkCacheControl(block, `${path}.${type}`)
  checkSearch(block, `${path}.${type}`, call)
  checkKind(block, type, role, path, call)
}

function checkKind(block: JsonObject, type: string, role: string, path: string, call: Call): void {
  switch (type) {
    case 'text':
      required(block.text, `${path}.text.text`)
      return checkText(block.text, 'messages')
    case 'image':
      return checkImage(asObject(block.source), `${path}.image.source`)
    case 'document':
      return checkDocument(asObject(block.source), `${path}.document.source`)
    case 'thinking':
      return checkThinking(block, path, call)
    case 'redacted_thinking':
      if (verifies(asString(block.data) ?? '', '', issuerOf(call))) return
      return refuse(`${path}: Invalid \`data\` in \`redacted_thinking\` block`)
    case 'tool_use':
      return checkToolUse(block, `${path}.tool_use`)
    case 'tool_result':
      return checkToolResult(block, role, `${path}.tool_result`, call)
  }
}

/** Refuses text that says nothing. `where` is the field that the API names. */
export function checkText(text: unknown, where: string): void {
  if (typeof text !== 'string') return refuse(`${where}: text: Input should be a valid string`)
  if (text === '') refuse(`${where}: text content blocks must be non-empty`)
  if (text.trim() === '') refuse(`${where}: text content blocks must contain non-whitespace text`)
}

/** Refuses a cache mark that is malformed. */
export function checkCacheControl(holder: JsonObject, path: string): void {
  const mark = holder.cache_control
  if (mark === undefined || mark === null) return
  if (!isObject(mark) || mark.type !== 'ephemeral') {
    return refuse(
      `${path}.cache_control: Input tag found using 'type' does not match any of the expected tags: 'ephemeral'`,
    )
  }
  onlyKnown(mark, names('type ttl scope'), `${path}.cache_control.ephemeral`)
  if (mark.ttl !== undefined && mark.ttl !== '5m' && mark.ttl !== '1h') {
    refuse(`${path}.cache_control.ephemeral.ttl: Input should be '5m' or '1h'`)
  }
}

const IMAGE_TYPES = names('image/jpeg image/png image/gif image/webp')

function checkImage(source: JsonObject, path: string): void {
  if (source.type === 'url' || source.type === 'file') return
  if (source.type !== 'base64')
    refuse(
      `${path}: Input tag '${String(source.type)}' found using 'type' does not match any of the expected tags: 'base64', 'url', 'file'`,
    )
  const data = checkBase64(source, `${path}.base64`)
  const declared = asString(source.media_type) ?? ''
  if (!IMAGE_TYPES.has(declared)) {
    refuse(
      `${path}.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'`,
    )
  }
  const actual = sniffMimeType(data)
  if (actual !== undefined && actual !== declared) {
    refuse(
      `${path}.base64.data: The image was specified using the ${declared} media type, but the image appears to be a ${actual} image`,
    )
  }
}

function checkDocument(source: JsonObject, path: string): void {
  switch (source.type) {
    case 'url':
    case 'file':
    case 'content':
      return
    case 'text':
      if (source.media_type !== 'text/plain') refuse(`${path}.text.media_type: Input should be 'text/plain'`)
      return
    case 'base64':
      if (source.media_type !== 'application/pdf') {
        refuse(`${path}.base64.media_type: Input should be 'application/pdf'`)
      }
      if (sniffMimeType(checkBase64(source, `${path}.base64`)) !== 'application/pdf') {
        refuse(`${path}.base64.data: The PDF specified was not valid.`)
      }
      return
    default:
      refuse(
        `${path}: Input tag '${String(source.type)}' found using 'type' does not match any of the expected tags: 'base64', 'text', 'content', 'url', 'file'`,
      )
  }
}

function checkBase64(source: JsonObject, path: string): string {
  onlyKnown(source, names('type media_type data'), path)
  const data = asString(source.data) ?? ''
  if (data === '' || !/^[A-Za-z0-9+/\s]+={0,2}$/.test(data)) refuse(`${path}.data: invalid base64 data`)
  return data
}

function checkThinking(block: JsonObject, path: string, call: Call): void {
  required(block.thinking, `${path}.thinking.thinking`)
  required(block.signature, `${path}.thinking.signature`)
  const thinking = asString(block.thinking) ?? ''
  if (!verifies(asString(block.signature) ?? '', thinking, issuerOf(call))) {
    refuse(`${path}: Invalid \`signature\` in \`thinking\` block`)
  }
}

function checkToolUse(block: JsonObject, path: string): void {
  for (const name of ['id', 'name', 'input']) required(block[name], `${path}.${name}`)
  if (!/^[a-zA-Z0-9_-]+$/.test(asString(block.id) ?? '')) {
    refuse(`${path}.id: String should match pattern '^[a-zA-Z0-9_-]+$'`)
  }
  if (!/^[a-zA-Z0-9_-]{1,200}$/.test(asString(block.name) ?? '')) {
    refuse(`${path}.name: String should match pattern '^[a-zA-Z0-9_-]{1,200}$'`)
  }
  if (!isObject(block.input)) refuse(`${path}.input: Input should be a valid dictionary`)
}

function checkToolResult(block: JsonObject, role: string, path: string, call: Call): void {
  required(block.tool_use_id, `${path}.tool_use_id`)
  const { content } = block
  if (content === undefined || typeof content === 'string') return
  if (!Array.isArray(content)) return refuse(`${path}.content: Input should be a valid list`)
  for (const [index, inner] of asArray(content).entries()) {
    const type = asString(asObject(inner).type) ?? ''
    if (!IN_RESULTS.has(type)) {
      refuse(
        `${path}.content.${index}: Input tag '${type}' found using 'type' does not match any of the expected tags`,
      )
    }
    checkBlock(inner, role, `${path}.content.${index}`, call)
  }
}
